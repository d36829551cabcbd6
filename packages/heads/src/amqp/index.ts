export * from "./amqp-head.ts";
export * from "./amqp-limits.ts";
