import { PROVISIONING_ANSWER_MS_MIN } from "../provisioning-api/shortest-wait.ts";

/** The named limits of the MQTT head. What happens at each is said beside it. */
export interface MqttLimits {
  /** A client that has not been admitted by then is closed. */
  readonly connectDeadlineMs: number;
  /** A longer CONNECT closes the connection: little memory for those who have not proved themselves. */
  readonly connectBytesMax: number;
  /** A client that announces a longer plug-and-play model id is refused: it goes with every message. */
  readonly modelIdLengthMax: number;
  /** A longer packet closes the connection, whatever it is. */
  readonly packetBytesMax: number;
  /** A client may stay silent for this long at most, whatever keep-alive it asked for. */
  readonly silenceMaxMs: number;
  /** Beyond either, nothing more is read from the connection until acknowledgements have gone out. */
  readonly unacknowledgedBytesMax: number;
  readonly unacknowledgedMessagesMax: number;
  /** A client that lets more than this wait for it is closed. */
  readonly outgoingBytesMax: number;
  /** Further filters are answered with a failure code. */
  readonly subscriptionsMax: number;
  /** How long acknowledgements may still go out after the decision to close; then the rest is dropped. */
  readonly closeGraceMs: number;
  /** Answers to devices that provision themselves leave no sooner than this after their questions. */
  readonly provisioningAnswerMsMin: number;
}

export const DEFAULT_MQTT_LIMITS: MqttLimits = {
  connectDeadlineMs: 30_000,
  connectBytesMax: 131_072,
  modelIdLengthMax: 2048,
  // The largest payload, the longest topic, and the fields that say how long they are.
  packetBytesMax: 262_144 + 65_535 + 4,
  silenceMaxMs: 1_767_000,
  unacknowledgedBytesMax: 1_048_576,
  unacknowledgedMessagesMax: 10_000,
  outgoingBytesMax: 1_048_576,
  subscriptionsMax: 50,
  closeGraceMs: 5000,
  provisioningAnswerMsMin: PROVISIONING_ANSWER_MS_MIN,
};
