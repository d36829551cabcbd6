import { expect, test } from "vitest";
import { LatencyHistogram } from "./latency-histogram.ts";

test("quantiles are within the width of a bucket of the exact ones", () => {
  const histogram = new LatencyHistogram();
  for (let us = 1; us <= 100_000; us++) histogram.recordMs(us / 1000);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const exactMs = share * 100;
    expect(Math.abs(histogram.quantileMs(share) - exactMs) / exactMs).toBeLessThan(0.04);
  }
  expect(histogram.summary()).toMatchObject({ count: 100_000, maxMs: 100 });
});

test("no quantile is above the largest value", () => {
  const histogram = new LatencyHistogram();
  histogram.recordMs(1000.001);
  expect(histogram.quantileMs(0.999)).toBe(1000.001);
});

test("an empty histogram answers zero", () => {
  expect(new LatencyHistogram().summary()).toMatchObject({
    count: 0,
    p50Ms: 0,
    p99Ms: 0,
    maxMs: 0,
  });
});
