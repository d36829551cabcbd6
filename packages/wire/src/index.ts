export * from "./access/sas-token.ts";
