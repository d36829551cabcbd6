/** Which device of which service a client says it is. */
export interface RegistrationName {
  readonly idScope: string;
  readonly registrationId: string;
}

const LITERAL = "registrations";

/**
 * Reads `{idScope}/registrations/{registrationId}`, the name that user names, link addresses and tokens share;
 * undefined for anything else.
 */
export function parseRegistrationName(text: string): RegistrationName | undefined {
  const [idScope = "", literal, registrationId = "", ...rest] = text.split("/");
  if (literal?.toLowerCase() !== LITERAL || rest.length > 0) return undefined;
  if (idScope === "" || registrationId === "") return undefined;
  return { idScope, registrationId };
}

export function formatRegistrationName({ idScope, registrationId }: RegistrationName): string {
  return `${idScope}/${LITERAL}/${registrationId}`;
}
