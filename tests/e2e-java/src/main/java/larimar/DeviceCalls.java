package larimar;

import static larimar.Calls.GSON;
import static larimar.Calls.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.device.ClientOptions;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.FileUploadCompletionNotification;
import com.microsoft.azure.sdk.iot.device.FileUploadSasUriRequest;
import com.microsoft.azure.sdk.iot.device.FileUploadSasUriResponse;
import com.microsoft.azure.sdk.iot.device.InternalClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.IotHubMessageResult;
import com.microsoft.azure.sdk.iot.device.IotHubStatusCode;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import com.microsoft.azure.sdk.iot.device.MessageProperty;
import com.microsoft.azure.sdk.iot.device.ModuleClient;
import com.microsoft.azure.sdk.iot.device.MultiplexingClient;
import com.microsoft.azure.sdk.iot.device.MultiplexingClientOptions;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.device.twin.Twin;
import com.microsoft.azure.sdk.iot.device.twin.TwinCollection;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;

/** Devices and modules as users write them with iot-device-client. */
final class DeviceCalls {
  private static final int WAIT_S_MAX = 60;
  private static final int ANSWER_MS_MAX = 5000;
  private static final int ATTEMPTS_MAX = 4;
  private static final Map<String, IotHubClientProtocol> PROTOCOLS =
      Map.of(
          "mqtt", IotHubClientProtocol.MQTT,
          "mqtt-ws", IotHubClientProtocol.MQTT_WS,
          "amqp", IotHubClientProtocol.AMQPS,
          "amqp-ws", IotHubClientProtocol.AMQPS_WS,
          "https", IotHubClientProtocol.HTTPS);

  private static final class Opened {
    final InternalClient client;
    final BlockingQueue<Map<String, Object>> desired = new LinkedBlockingQueue<>();
    final BlockingQueue<Message> commands = new LinkedBlockingQueue<>();

    volatile IotHubConnectionStatus status;

    Opened(InternalClient client) {
      this.client = client;
      client.setConnectionStatusChangeCallback((change) -> status = change.getNewStatus(), null);
    }
  }

  private final Map<String, Opened> clients = new ConcurrentHashMap<>();
  private final Map<String, MultiplexingClient> connections = new ConcurrentHashMap<>();

  void addTo(Map<String, Calls.Handler> handlers) {
    handlers.put("open", this::open);
    handlers.put("close", this::close);
    handlers.put("send", this::send);
    handlers.put("isConnected", args -> opened(args).status == IotHubConnectionStatus.CONNECTED);
    handlers.put("sendBatch", this::sendBatch);
    handlers.put("twin", this::twin);
    handlers.put("report", this::report);
    handlers.put("listenForDesired", this::listenForDesired);
    handlers.put("nextDesired", this::nextDesired);
    handlers.put("answerMethods", this::answerMethods);
    handlers.put("listenForCommands", this::listenForCommands);
    handlers.put("nextCommand", this::nextCommand);
    handlers.put("upload", this::upload);
    handlers.put("openConnection", this::openConnection);
    handlers.put("addDevices", this::addDevices);
    handlers.put("removeDevices", this::removeDevices);
    handlers.put("closeConnection", this::closeConnection);
  }

  private Object open(JsonObject args) throws Exception {
    Opened opened = new Opened(create(args));
    clients.put(text(args, "name"), opened);
    opened.client.open(false);
    return null;
  }

  private InternalClient create(JsonObject args) throws Exception {
    IotHubClientProtocol protocol = PROTOCOLS.get(text(args, "transport"));
    ClientOptions.ClientOptionsBuilder options = ClientOptions.builder().receiveInterval(50);
    if (args.has("tokenTtlSeconds")) {
      options.sasTokenExpiryTime(args.get("tokenTtlSeconds").getAsLong());
    }
    if (args.has("tpm")) {
      options.sslContext(Trust.context());
      return new DeviceClient(
          text(args, "hostName"),
          text(args, "deviceId"),
          Tpms.at(args.get("tpm").getAsInt()),
          protocol,
          options.build());
    }
    String connectionString = text(args, "connectionString");
    if (connectionString == null) {
      JsonObject own = args.getAsJsonObject("certificate");
      connectionString =
          "HostName=" + text(own, "hostName") + ";DeviceId=" + text(own, "deviceId") + ";x509=true";
      if (own.has("moduleId")) connectionString += ";ModuleId=" + text(own, "moduleId");
      options.sslContext(Trust.context(text(own, "certFile"), text(own, "keyFile")));
    } else {
      options.sslContext(Trust.context());
    }
    return connectionString.contains("ModuleId=")
        ? new ModuleClient(connectionString, protocol, options.build())
        : new DeviceClient(connectionString, protocol, options.build());
  }

  private Object close(JsonObject args) {
    clients.remove(text(args, "name")).client.close();
    return null;
  }

  private Object send(JsonObject args) throws Exception {
    JsonObject given = args.getAsJsonObject("message");
    InternalClient client = client(args);
    Message message = message(given);
    if (given.has("outputName")) {
      ((ModuleClient) client).sendEvent(message, text(given, "outputName"));
    } else {
      client.sendEvent(message);
    }
    return null;
  }

  private Object sendBatch(JsonObject args) throws Exception {
    List<Message> messages = new ArrayList<>();
    for (JsonElement given : args.getAsJsonArray("messages")) {
      messages.add(message(given.getAsJsonObject()));
    }
    client(args).sendEvents(messages);
    return null;
  }

  private static Message message(JsonObject given) {
    Message message = new Message(text(given, "body"));
    if (given.has("messageId")) message.setMessageId(text(given, "messageId"));
    if (given.has("userId")) message.setUserId(text(given, "userId"));
    if (given.has("isSecurity")) message.setAsSecurityMessage();
    if (given.has("component")) message.setComponentName(text(given, "component"));
    if (given.has("correlationId")) message.setCorrelationId(text(given, "correlationId"));
    if (given.has("contentType")) message.setContentType(text(given, "contentType"));
    if (given.has("contentEncoding")) message.setContentEncoding(text(given, "contentEncoding"));
    if (given.has("properties")) {
      given
          .getAsJsonObject("properties")
          .entrySet()
          .forEach((entry) -> message.setProperty(entry.getKey(), entry.getValue().getAsString()));
    }
    return message;
  }

  private Object twin(JsonObject args) throws Exception {
    InternalClient client = client(args);
    Twin twin = untilAnswered(() -> client.getTwin(ANSWER_MS_MAX));
    Map<String, Object> answer = new HashMap<>();
    answer.put("desired", asMap(twin.getDesiredProperties()));
    answer.put("reported", asMap(twin.getReportedProperties()));
    return answer;
  }

  private static Map<String, Object> asMap(TwinCollection properties) {
    Map<String, Object> map = new HashMap<>(properties);
    map.put("$version", properties.getVersion());
    return map;
  }

  private Object report(JsonObject args) throws Exception {
    TwinCollection patch = new TwinCollection();
    for (Map.Entry<String, JsonElement> entry : args.getAsJsonObject("patch").entrySet()) {
      patch.put(entry.getKey(), GSON.fromJson(entry.getValue(), Object.class));
    }
    InternalClient client = client(args);
    return untilAnswered(() -> client.updateReportedProperties(patch, ANSWER_MS_MAX)).getVersion();
  }

  /**
   * NOTE: on a busy machine this SDK at times forgets who waits for an answer just before it looks
   * for whom the answer is (IotHubTransport.onMessageReceived), so that callers need a limit.
   */
  private static <Value> Value untilAnswered(Callable<Value> request) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        return request.call();
      } catch (IotHubClientException error) {
        boolean isTimeout = error.getStatusCode() == IotHubStatusCode.DEVICE_OPERATION_TIMED_OUT;
        if (!isTimeout || attempt == ATTEMPTS_MAX) throw error;
      }
    }
  }

  private Object listenForDesired(JsonObject args) throws Exception {
    Opened opened = opened(args);
    opened.client.subscribeToDesiredProperties(
        (twin, context) -> opened.desired.add(asMap(twin.getDesiredProperties())), null);
    return null;
  }

  private Object nextDesired(JsonObject args) throws Exception {
    return next(opened(args).desired);
  }

  /** Answers each with its own name and payload; the method `fail` with a status of its own. */
  private Object answerMethods(JsonObject args) throws Exception {
    client(args)
        .subscribeToMethods(
            (name, payload, context) -> {
              Map<String, Object> answer = new HashMap<>();
              answer.put("name", name);
              answer.put("payload", payload.getPayloadAsJsonElement());
              return new DirectMethodResponse(name.equals("fail") ? 418 : 200, answer);
            },
            null);
    return null;
  }

  /** Does with each what its property `verdict` says. */
  private Object listenForCommands(JsonObject args) {
    Opened opened = opened(args);
    MessageCallback callback =
        (message, context) -> {
          opened.commands.add(message);
          String verdict = message.getProperty("verdict");
          if ("reject".equals(verdict)) return IotHubMessageResult.REJECT;
          if ("abandon".equals(verdict)) return IotHubMessageResult.ABANDON;
          return IotHubMessageResult.COMPLETE;
        };
    ((DeviceClient) opened.client).setMessageCallback(callback, null);
    return null;
  }

  private Object nextCommand(JsonObject args) throws Exception {
    Message message = next(opened(args).commands);
    Map<String, String> properties = new HashMap<>();
    for (MessageProperty property : message.getProperties()) {
      properties.put(property.getName(), property.getValue());
    }
    Map<String, Object> answer = new HashMap<>();
    answer.put("body", new String(message.getBytes(), StandardCharsets.UTF_8));
    answer.put("messageId", message.getMessageId());
    answer.put("correlationId", message.getCorrelationId());
    answer.put("contentType", message.getContentType());
    answer.put("contentEncoding", message.getContentEncoding());
    answer.put("properties", properties);
    return answer;
  }

  private Object upload(JsonObject args) throws Exception {
    DeviceClient client = (DeviceClient) client(args);
    FileUploadSasUriResponse place =
        client.getFileUploadSasUri(new FileUploadSasUriRequest(text(args, "blobName")));
    HttpsURLConnection blob = (HttpsURLConnection) place.getBlobUri().toURL().openConnection();
    blob.setSSLSocketFactory(Trust.context().getSocketFactory());
    blob.setRequestMethod("PUT");
    blob.setRequestProperty("x-ms-blob-type", "BlockBlob");
    blob.setDoOutput(true);
    try (OutputStream body = blob.getOutputStream()) {
      body.write(text(args, "text").getBytes(StandardCharsets.UTF_8));
    }
    int status = blob.getResponseCode();
    client.completeFileUpload(
        new FileUploadCompletionNotification(place.getCorrelationId(), status == 201));
    return status;
  }

  private Object openConnection(JsonObject args) throws Exception {
    MultiplexingClientOptions options =
        MultiplexingClientOptions.builder().sslContext(Trust.context()).build();
    MultiplexingClient connection =
        new MultiplexingClient(
            text(args, "hostName"), PROTOCOLS.get(text(args, "transport")), options);
    connections.put(text(args, "name"), connection);
    connection.open(false);
    return null;
  }

  private Object addDevices(JsonObject args) throws Exception {
    List<DeviceClient> added = new ArrayList<>();
    for (JsonElement device : args.getAsJsonArray("devices")) {
      DeviceClient client = (DeviceClient) create(device.getAsJsonObject());
      clients.put(text(device.getAsJsonObject(), "name"), new Opened(client));
      added.add(client);
    }
    connections.get(text(args, "name")).registerDeviceClients(added);
    return null;
  }

  private Object removeDevices(JsonObject args) throws Exception {
    List<DeviceClient> removed = new ArrayList<>();
    for (JsonElement device : args.getAsJsonArray("devices")) {
      removed.add((DeviceClient) clients.remove(device.getAsString()).client);
    }
    connections.get(text(args, "name")).unregisterDeviceClients(removed);
    return null;
  }

  private Object closeConnection(JsonObject args) {
    connections.remove(text(args, "name")).close();
    return null;
  }

  private Opened opened(JsonObject args) {
    return clients.get(text(args, "name"));
  }

  private InternalClient client(JsonObject args) {
    return opened(args).client;
  }

  private static <Item> Item next(BlockingQueue<Item> queue) throws Exception {
    Item item = queue.poll(WAIT_S_MAX, TimeUnit.SECONDS);
    if (item == null) throw new IllegalStateException("Nothing came in " + WAIT_S_MAX + " s");
    return item;
  }
}
