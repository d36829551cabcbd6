package larimar;

import static larimar.Calls.text;

import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.service.messaging.AcknowledgementType;
import com.microsoft.azure.sdk.iot.service.messaging.DeliveryAcknowledgement;
import com.microsoft.azure.sdk.iot.service.messaging.FeedbackRecord;
import com.microsoft.azure.sdk.iot.service.messaging.FileUploadNotificationProcessorClient;
import com.microsoft.azure.sdk.iot.service.messaging.FileUploadNotificationProcessorClientOptions;
import com.microsoft.azure.sdk.iot.service.messaging.IotHubServiceClientProtocol;
import com.microsoft.azure.sdk.iot.service.messaging.Message;
import com.microsoft.azure.sdk.iot.service.messaging.MessageFeedbackProcessorClient;
import com.microsoft.azure.sdk.iot.service.messaging.MessageFeedbackProcessorClientOptions;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClient;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClientOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Commands, their feedback and notifications as back ends use them with iot-service-client. */
final class MessagingCalls {
  private static final int WAIT_S_MAX = 60;
  private static final Map<String, IotHubServiceClientProtocol> PROTOCOLS =
      Map.of(
          "amqp", IotHubServiceClientProtocol.AMQPS, "amqp-ws", IotHubServiceClientProtocol.AMQPS_WS);

  private final String connectionString = System.getenv("CONNECTION_STRING");

  void addTo(Map<String, Calls.Handler> handlers) {
    handlers.put("sendCommand", this::sendCommand);
    handlers.put("nextFeedback", this::nextFeedback);
    handlers.put("nextUpload", this::nextUpload);
  }

  private Object sendCommand(JsonObject args) throws Exception {
    MessagingClient client =
        new MessagingClient(
            connectionString,
            PROTOCOLS.get(text(args, "transport")),
            MessagingClientOptions.builder().sslContext(Trust.context()).build());
    Message message = new Message(text(args, "body"));
    message.setMessageId(text(args, "messageId"));
    message.setCorrelationId(text(args, "correlationId"));
    message.setDeliveryAcknowledgement(DeliveryAcknowledgement.Full);
    args.getAsJsonObject("properties")
        .entrySet()
        .forEach(
            entry -> message.getProperties().put(entry.getKey(), entry.getValue().getAsString()));
    client.open();
    try {
      client.send(text(args, "deviceId"), message);
    } finally {
      client.close();
    }
    return null;
  }

  private Object nextFeedback(JsonObject args) throws Exception {
    BlockingQueue<FeedbackRecord> records = new LinkedBlockingQueue<>();
    MessageFeedbackProcessorClient client =
        new MessageFeedbackProcessorClient(
            connectionString,
            PROTOCOLS.get(text(args, "transport")),
            batch -> {
              records.addAll(batch.getRecords());
              return AcknowledgementType.COMPLETE;
            },
            MessageFeedbackProcessorClientOptions.builder().sslContext(Trust.context()).build());
    client.start();
    FeedbackRecord record = next(records);
    client.stop();
    Map<String, Object> json = new HashMap<>();
    json.put("deviceId", record.getDeviceId());
    json.put("messageId", record.getOriginalMessageId());
    json.put("status", record.getStatusCode());
    return json;
  }

  private Object nextUpload(JsonObject args) throws Exception {
    BlockingQueue<Map<String, Object>> uploads = new LinkedBlockingQueue<>();
    FileUploadNotificationProcessorClient client =
        new FileUploadNotificationProcessorClient(
            connectionString,
            PROTOCOLS.get(text(args, "transport")),
            upload -> {
              Map<String, Object> json = new HashMap<>();
              json.put("deviceId", upload.getDeviceId());
              json.put("blobName", upload.getBlobName());
              json.put("blobUri", upload.getBlobUri());
              json.put("sizeInBytes", upload.getBlobSizeInBytes());
              uploads.add(json);
              return AcknowledgementType.COMPLETE;
            },
            FileUploadNotificationProcessorClientOptions.builder()
                .sslContext(Trust.context())
                .build());
    client.start();
    Map<String, Object> upload = next(uploads);
    client.stop();
    return upload;
  }

  private static <Item> Item next(BlockingQueue<Item> queue) throws Exception {
    Item item = queue.poll(WAIT_S_MAX, TimeUnit.SECONDS);
    if (item == null) throw new IllegalStateException("Nothing came in " + WAIT_S_MAX + " s");
    return item;
  }
}
