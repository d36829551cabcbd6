package larimar;

import static larimar.Calls.text;

import com.azure.core.amqp.AmqpTransportType;
import com.azure.core.amqp.exception.AmqpException;
import com.azure.messaging.eventhubs.EventData;
import com.azure.messaging.eventhubs.EventProcessorClient;
import com.azure.messaging.eventhubs.EventProcessorClientBuilder;
import com.azure.messaging.eventhubs.LoadBalancingStrategy;
import com.azure.messaging.eventhubs.checkpointstore.blob.BlobCheckpointStore;
import com.azure.messaging.eventhubs.models.EventBatchContext;
import com.azure.messaging.eventhubs.models.EventPosition;
import com.azure.storage.blob.BlobContainerAsyncClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** One of several readers of a consumer group as users write them with azure-messaging-eventhubs. */
final class EventProcessor {
  private static final int PARTITIONS_MAX = 32;
  private static final int BATCH_MAX = 10;

  private final Set<String> owned = new TreeSet<>();
  private final List<Object> processed = new ArrayList<>();
  private final List<String> closings = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();
  private EventProcessorClient client;

  void addTo(Map<String, Calls.Handler> handlers) {
    handlers.put("beginProcessor", this::begin);
    handlers.put("state", this::state);
    handlers.put("endProcessor", this::end);
  }

  private Object begin(JsonObject args) {
    BlobContainerAsyncClient container =
        new BlobContainerClientBuilder()
            .connectionString(System.getenv("FILES_CONNECTION_STRING"))
            .containerName(System.getenv("FILES_CONTAINER_NAME"))
            .buildAsyncClient();
    Map<String, EventPosition> beginning = new HashMap<>();
    for (int partition = 0; partition < PARTITIONS_MAX; partition++) {
      beginning.put(String.valueOf(partition), EventPosition.earliest());
    }
    boolean isWebSocket = text(args, "transport").equals("websocket");
    client =
        new EventProcessorClientBuilder()
            .connectionString(System.getenv("EVENTS_CONNECTION_STRING"))
            .consumerGroup(text(args, "group"))
            .transportType(
                isWebSocket ? AmqpTransportType.AMQP_WEB_SOCKETS : AmqpTransportType.AMQP)
            .checkpointStore(new BlobCheckpointStore(container))
            .loadBalancingStrategy(
                LoadBalancingStrategy.valueOf(text(args, "strategy").toUpperCase(Locale.ROOT)))
            .loadBalancingUpdateInterval(Duration.ofMillis(args.get("intervalMs").getAsLong()))
            .partitionOwnershipExpirationInterval(
                Duration.ofMillis(args.get("expiryMs").getAsLong()))
            .initialPartitionEventPosition(beginning)
            .processPartitionInitialization(
                context -> {
                  synchronized (this) {
                    owned.add(context.getPartitionContext().getPartitionId());
                  }
                })
            .processPartitionClose(
                context -> {
                  synchronized (this) {
                    owned.remove(context.getPartitionContext().getPartitionId());
                    closings.add(context.getCloseReason().toString());
                  }
                })
            .processEventBatch(this::take, BATCH_MAX, Duration.ofSeconds(1))
            .processError(context -> fail(context.getThrowable()))
            .buildEventProcessorClient();
    client.start();
    return null;
  }

  private void take(EventBatchContext batch) {
    if (batch.getEvents().isEmpty()) return;
    batch.updateCheckpoint();
    synchronized (this) {
      for (EventData event : batch.getEvents()) {
        Map<String, Object> json = new HashMap<>();
        json.put("partition", batch.getPartitionContext().getPartitionId());
        json.put("sequenceNumber", event.getSequenceNumber());
        json.put("body", event.getBodyAsString());
        processed.add(json);
      }
    }
  }

  private synchronized void fail(Throwable error) {
    boolean isNamed =
        error instanceof AmqpException && ((AmqpException) error).getErrorCondition() != null;
    errors.add(isNamed ? ((AmqpException) error).getErrorCondition().toString() : error.toString());
  }

  private synchronized Object state(JsonObject args) {
    Map<String, Object> json = new HashMap<>();
    json.put("owned", new ArrayList<>(owned));
    json.put("processed", new ArrayList<>(processed));
    json.put("closings", new ArrayList<>(closings));
    json.put("errors", new ArrayList<>(errors));
    return json;
  }

  private Object end(JsonObject args) {
    client.stop();
    return null;
  }
}
