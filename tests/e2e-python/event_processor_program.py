"""One of several readers of a consumer group as users write them with azure-eventhub and its checkpoint store."""

import os
import threading

from azure.eventhub import EventHubConsumerClient, TransportType
from azure.eventhub.extensions.checkpointstoreblob import BlobCheckpointStore

from calls import serve

owned = set()
processed = []
closings = []
errors = []
reading = []


def begin(transport, group, strategy, intervalMs, expiryMs):
    trust = {"connection_verify": os.environ["CA_FILE"]}
    store = BlobCheckpointStore.from_connection_string(
        os.environ["FILES_CONNECTION_STRING"], os.environ["FILES_CONTAINER_NAME"], **trust
    )
    client = EventHubConsumerClient.from_connection_string(
        os.environ["EVENTS_CONNECTION_STRING"],
        group,
        checkpoint_store=store,
        load_balancing_strategy=strategy,
        load_balancing_interval=intervalMs / 1000,
        partition_ownership_expiration_interval=expiryMs / 1000,
        transport_type=(
            TransportType.AmqpOverWebsocket if transport == "websocket" else TransportType.Amqp
        ),
        **trust,
    )

    def take(context, events):
        if not events:
            return
        context.update_checkpoint(events[-1])
        processed.extend(
            {
                "partition": context.partition_id,
                "sequenceNumber": event.sequence_number,
                "body": event.body_as_str(),
            }
            for event in events
        )

    def close(context, reason):
        owned.discard(context.partition_id)
        closings.append(str(reason))

    thread = threading.Thread(
        target=client.receive_batch,
        kwargs={
            "on_event_batch": take,
            "on_partition_initialize": lambda context: owned.add(context.partition_id),
            "on_partition_close": close,
            "on_error": lambda context, error: errors.append(type(error).__name__),
            "max_wait_time": 1,
            "starting_position": "-1",
        },
    )
    thread.start()
    reading.append((client, thread))


def state():
    return {
        "owned": sorted(owned),
        "processed": list(processed),
        "closings": list(closings),
        "errors": list(errors),
    }


def end():
    for client, thread in reading:
        client.close()
        thread.join()


serve(beginProcessor=begin, state=state, endProcessor=end)
