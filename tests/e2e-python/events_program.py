"""A reader of events as users write it with azure-eventhub."""

import os
import queue
import threading
from datetime import datetime, timezone

from azure.eventhub import EventHubConsumerClient, TransportType

from calls import serve

WAIT_S_MAX = 60


def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, datetime):
        return value.timestamp() * 1000
    return value


def as_json(partition, event):
    return {
        "partition": partition,
        "sequenceNumber": event.sequence_number,
        "offset": event.offset,
        "enqueuedAtMs": event.enqueued_time.timestamp() * 1000,
        "body": event.body_as_str(),
        "messageId": event.message_id,
        "contentType": event.content_type,
        "properties": {plain(key): plain(value) for key, value in event.properties.items()},
        "systemProperties": {
            plain(key): plain(value) for key, value in event.system_properties.items()
        },
    }


def position(start):
    """An offset, a sequence number, or a time in milliseconds."""
    if "timeMs" in start:
        return datetime.fromtimestamp(start["timeMs"] / 1000, timezone.utc)
    return start["sequenceNumber"] if "sequenceNumber" in start else start["offset"]


def client_for(transport, group, **options):
    return EventHubConsumerClient.from_connection_string(
        os.environ["EVENTS_CONNECTION_STRING"],
        group,
        connection_verify=os.environ["CA_FILE"],
        transport_type=(
            TransportType.AmqpOverWebsocket if transport == "websocket" else TransportType.Amqp
        ),
        **options,
    )


def read(transport, start, count, group="$Default"):
    """That many events from a position, the same for all partitions or one for each."""
    found = []
    enough = threading.Event()

    def take(context, events):
        found.extend(as_json(context.partition_id, event) for event in events)
        if len(found) >= count:
            enough.set()

    positions = {partition: position(own) for partition, own in start.items()}
    client = client_for(transport, group)
    reading = threading.Thread(
        target=client.receive_batch,
        kwargs={"on_event_batch": take, "starting_position": positions, "max_wait_time": 1},
    )
    reading.start()
    enough.wait(WAIT_S_MAX)
    client.close()
    reading.join()
    return found


def partitions(transport):
    with client_for(transport, "$Default") as client:
        return [
            {key: plain(value) for key, value in client.get_partition_properties(own).items()}
            for own in client.get_partition_ids()
        ]


class Reader:
    """Alone at a partition for as long as nobody of a higher level comes."""

    def __init__(self, transport, group, partition, level):
        self.came = queue.Queue()
        self.errors = queue.Queue()
        self.client = client_for(transport, group, retry_total=0)
        self.thread = threading.Thread(
            target=self.client.receive,
            kwargs={
                "on_event": lambda context, event: self.came.put(event.sequence_number),
                "on_error": lambda context, error: self.errors.put(type(error).__name__),
                "partition_id": partition,
                "owner_level": level,
                "starting_position": "-1",
            },
        )
        self.thread.start()


readers: dict[str, Reader] = {}


def begin(name, transport, group, partition, level):
    readers[name] = Reader(transport, group, partition, level)


def next_event(name):
    return readers[name].came.get(timeout=WAIT_S_MAX)


def next_error(name):
    return readers[name].errors.get(timeout=WAIT_S_MAX)


def end(name):
    reader = readers.pop(name)
    reader.client.close()
    reader.thread.join()


serve(
    read=read,
    partitions=partitions,
    begin=begin,
    nextEvent=next_event,
    nextError=next_error,
    end=end,
)
