package larimar;

import static larimar.Calls.text;

import com.azure.core.amqp.AmqpTransportType;
import com.azure.core.amqp.exception.AmqpErrorCondition;
import com.azure.core.amqp.exception.AmqpException;
import com.azure.messaging.eventhubs.EventData;
import com.azure.messaging.eventhubs.EventHubClientBuilder;
import com.azure.messaging.eventhubs.EventHubConsumerAsyncClient;
import com.azure.messaging.eventhubs.PartitionProperties;
import com.azure.messaging.eventhubs.models.EventPosition;
import com.azure.messaging.eventhubs.models.PartitionEvent;
import com.azure.messaging.eventhubs.models.ReceiveOptions;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Readers of single partitions, alone or beside others. */
final class EventReaders {
  private static final int WAIT_S_MAX = 60;

  /** Alone at a partition for as long as nobody of a higher level comes. */
  private static final class Reader {
    final BlockingQueue<Long> came = new LinkedBlockingQueue<>();
    final BlockingQueue<String> errors = new LinkedBlockingQueue<>();
    EventHubConsumerAsyncClient client;
    Disposable reading;
  }

  private final Map<String, Reader> readers = new ConcurrentHashMap<>();

  void addTo(Map<String, Calls.Handler> handlers) {
    handlers.put("read", this::read);
    handlers.put("partitions", this::partitions);
    handlers.put("begin", this::begin);
    handlers.put("nextEvent", args -> next(reader(args).came));
    handlers.put("nextError", args -> next(reader(args).errors));
    handlers.put("end", this::end);
  }

  private static EventHubConsumerAsyncClient client(JsonObject args, String group) {
    boolean isWebSocket = text(args, "transport").equals("websocket");
    return new EventHubClientBuilder()
        .connectionString(System.getenv("EVENTS_CONNECTION_STRING"))
        .consumerGroup(group)
        .transportType(isWebSocket ? AmqpTransportType.AMQP_WEB_SOCKETS : AmqpTransportType.AMQP)
        .buildAsyncConsumerClient();
  }

  /** That many events from a position for each partition. */
  private Object read(JsonObject args) {
    EventHubConsumerAsyncClient client = client(args, "$Default");
    try {
      List<Flux<PartitionEvent>> partitions = new ArrayList<>();
      for (Map.Entry<String, JsonElement> start : args.getAsJsonObject("start").entrySet()) {
        EventPosition position = position(start.getValue().getAsJsonObject());
        partitions.add(client.receiveFromPartition(start.getKey(), position));
      }
      return Flux.merge(partitions)
          .take(args.get("count").getAsLong())
          .map(EventReaders::json)
          .collectList()
          .block(Duration.ofSeconds(WAIT_S_MAX));
    } finally {
      client.close();
    }
  }

  /** An offset, a sequence number, or a time in milliseconds. */
  private static EventPosition position(JsonObject start) {
    if (start.has("timeMs")) {
      return EventPosition.fromEnqueuedTime(
          Instant.ofEpochMilli((long) start.get("timeMs").getAsDouble()));
    }
    if (start.has("sequenceNumber")) {
      return EventPosition.fromSequenceNumber(start.get("sequenceNumber").getAsLong());
    }
    return EventPosition.fromOffset(start.get("offset").getAsLong());
  }

  private static Object json(PartitionEvent received) {
    EventData event = received.getData();
    Map<String, Object> json = new HashMap<>();
    json.put("partition", received.getPartitionContext().getPartitionId());
    json.put("sequenceNumber", event.getSequenceNumber());
    json.put("offset", String.valueOf(event.getOffset()));
    json.put("enqueuedAtMs", event.getEnqueuedTime().toEpochMilli());
    json.put("body", event.getBodyAsString());
    json.put("messageId", event.getMessageId());
    json.put("properties", plain(event.getProperties()));
    Map<String, Object> system = plain(event.getSystemProperties());
    system.put("x-opt-sequence-number", event.getSequenceNumber());
    system.put("x-opt-offset", String.valueOf(event.getOffset()));
    json.put("systemProperties", system);
    return json;
  }

  private static Map<String, Object> plain(Map<String, Object> properties) {
    Map<String, Object> plain = new HashMap<>();
    properties.forEach(
        (key, value) -> plain.put(key, value instanceof Number ? value : String.valueOf(value)));
    return plain;
  }

  private Object partitions(JsonObject args) {
    EventHubConsumerAsyncClient client = client(args, "$Default");
    try {
      return client
          .getPartitionIds()
          .concatMap(client::getPartitionProperties)
          .map(EventReaders::json)
          .collectList()
          .block(Duration.ofSeconds(WAIT_S_MAX));
    } finally {
      client.close();
    }
  }

  private static Object json(PartitionProperties partition) {
    Map<String, Object> json = new HashMap<>();
    json.put("id", partition.getId());
    json.put("last_enqueued_sequence_number", partition.getLastEnqueuedSequenceNumber());
    return json;
  }

  private Object begin(JsonObject args) {
    Reader reader = new Reader();
    reader.client = client(args, text(args, "group"));
    ReceiveOptions options = new ReceiveOptions().setOwnerLevel(args.get("level").getAsLong());
    reader.reading =
        reader
            .client
            .receiveFromPartition(text(args, "partition"), EventPosition.earliest(), options)
            .subscribe(
                event -> reader.came.add(event.getData().getSequenceNumber()),
                error -> reader.errors.add(name(error)));
    readers.put(text(args, "name"), reader);
    return null;
  }

  private static String name(Throwable error) {
    boolean isStolen =
        error instanceof AmqpException
            && ((AmqpException) error).getErrorCondition() == AmqpErrorCondition.LINK_STOLEN;
    return isStolen ? "LinkStolenError" : error.getClass().getSimpleName() + "Error";
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T found = queue.poll(WAIT_S_MAX, TimeUnit.SECONDS);
    if (found == null) throw new IllegalStateException("nothing came");
    return found;
  }

  private Reader reader(JsonObject args) {
    return readers.get(text(args, "name"));
  }

  private Object end(JsonObject args) {
    Reader reader = readers.remove(text(args, "name"));
    reader.reading.dispose();
    reader.client.close();
    return null;
  }
}
