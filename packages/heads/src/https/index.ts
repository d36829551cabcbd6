export { type HttpsHead, type HttpsHeadParts, createHttpsHead } from "./https-head.ts";
export { DEFAULT_HTTPS_LIMITS, type HttpsLimits } from "./https-limits.ts";
export type { UpgradeHandler, WebSocketEndpoint, WebSocketUpgrade } from "./upgrade.ts";
