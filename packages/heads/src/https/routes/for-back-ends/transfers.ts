import {
  BeginTransfer,
  CancelTransfer,
  GetTransfer,
  ListTransfers,
  toTransferRequest,
  toTransferResponse,
} from "@larimar/wire";
import { route } from "../../operations/route.ts";

export const transferRoutes = [
  route(BeginTransfer, async ({ hub, body }) => {
    const transfer = await hub.transfers.begin(toTransferRequest(body));
    return { status: 200, body: toTransferResponse(transfer) };
  }),

  route(ListTransfers, async ({ hub }) => ({
    status: 200,
    body: (await hub.transfers.list()).map(toTransferResponse),
  })),

  route(GetTransfer, async ({ hub, params }) => ({
    status: 200,
    body: toTransferResponse(await hub.transfers.get(params.jobId)),
  })),

  route(CancelTransfer, async ({ hub, params }) => {
    await hub.transfers.cancel(params.jobId);
    return { status: 204 };
  }),
];
