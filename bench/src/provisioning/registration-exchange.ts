/** One answer of the device API, whatever carried it. */
export interface DeviceAnswer {
  readonly status: number;
  readonly retryAfterS: number | undefined;
  readonly body: {
    readonly operationId?: string;
    readonly status?: string;
    readonly errorCode?: number;
    readonly registrationState?: { readonly assignedHub?: string; readonly deviceId?: string };
  };
}

export interface RegistrationExchange {
  register(): Promise<DeviceAnswer>;
  poll(operationId: string): Promise<DeviceAnswer>;
}

const DEFAULT_RETRY_AFTER_S = 2;

/** Registers and asks how it went until it went somehow, with the waits that the server asks for. Throws. */
export async function registerWith(exchange: RegistrationExchange): Promise<void> {
  let answer = await exchange.register();
  const { operationId = "" } = answer.body;
  while (answer.status === 202) {
    const waitMs = (answer.retryAfterS ?? DEFAULT_RETRY_AFTER_S) * 1000;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    answer = await exchange.poll(operationId);
  }
  const { status, body } = answer;
  const isAssigned =
    status === 200 && body.status === "assigned" && Boolean(body.registrationState?.assignedHub);
  if (!isAssigned) throw new Error(`answered ${status} ${body.errorCode ?? body.status}`);
}
