export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function formatShare(value: number | undefined): string {
  return value === undefined ? "–" : `${Math.round(value * 100)} %`;
}

export function formatMs(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

export function formatMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}

export function formatRatio(value: number, reference: number | undefined): string {
  return reference === undefined ? "–" : `${(value / reference).toFixed(2)}×`;
}
