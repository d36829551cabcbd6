package larimar;

import static larimar.Calls.GSON;
import static larimar.Calls.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.azure.sdk.iot.service.configurations.Configuration;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationContent;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationsClient;
import com.microsoft.azure.sdk.iot.service.digitaltwin.DigitalTwinClient;
import com.microsoft.azure.sdk.iot.service.digitaltwin.UpdateOperationUtility;
import com.microsoft.azure.sdk.iot.service.digitaltwin.models.DigitalTwinCommandResponse;
import com.microsoft.azure.sdk.iot.service.jobs.DirectMethodsJobOptions;
import com.microsoft.azure.sdk.iot.service.jobs.ScheduledJob;
import com.microsoft.azure.sdk.iot.service.jobs.ScheduledJobsClient;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodRequestOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import com.microsoft.azure.sdk.iot.service.query.JobQueryResponse;
import com.microsoft.azure.sdk.iot.service.query.QueryClient;
import com.microsoft.azure.sdk.iot.service.query.QueryPageOptions;
import com.microsoft.azure.sdk.iot.service.query.RawQueryResponse;
import com.microsoft.azure.sdk.iot.service.query.TwinQueryResponse;
import com.microsoft.azure.sdk.iot.service.twin.Twin;
import com.microsoft.azure.sdk.iot.service.twin.TwinClient;
import com.microsoft.azure.sdk.iot.service.twin.TwinCollection;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Twins, methods, queries, jobs and configurations as back ends use them with iot-service-client. */
final class ServiceCalls {
  private static final int METHOD_S_MAX = 20;
  private static final int CONNECT_S_MAX = 1;
  private static final int JOB_S_MAX = 60;

  private final String connectionString = System.getenv("CONNECTION_STRING");
  private final TwinClient twins = new TwinClient(connectionString);
  private final DirectMethodsClient methods = new DirectMethodsClient(connectionString);
  private final QueryClient queries = new QueryClient(connectionString);
  private final ScheduledJobsClient jobs = new ScheduledJobsClient(connectionString);
  private final ConfigurationsClient configurations = new ConfigurationsClient(connectionString);
  private final DigitalTwinClient digitalTwins = new DigitalTwinClient(connectionString);

  void addTo(Map<String, Calls.Handler> handlers) {
    handlers.put("getTwin", this::getTwin);
    handlers.put("patchTwin", this::patchTwin);
    handlers.put("replaceTwin", args -> json(twins.replace(twin(args))));
    handlers.put("invoke", this::invoke);
    handlers.put("queryTwins", this::queryTwins);
    handlers.put("queryRaw", this::queryRaw);
    handlers.put("scheduleTwin", this::scheduleTwin);
    handlers.put("scheduleMethod", this::scheduleMethod);
    handlers.put("getJob", args -> json(jobs.get(text(args, "jobId"))));
    handlers.put("cancelJob", args -> json(jobs.cancel(text(args, "jobId"))));
    handlers.put("queryJobs", this::queryJobs);
    handlers.put("createConfiguration", this::createConfiguration);
    handlers.put("getConfiguration", args -> json(configurations.get(text(args, "id"))));
    handlers.put("listConfigurations", this::listConfigurations);
    handlers.put("setPriority", this::setPriority);
    handlers.put("deleteConfiguration", this::deleteConfiguration);
    handlers.put("applyContent", this::applyContent);
    handlers.put("getDigitalTwin", this::getDigitalTwin);
    handlers.put("updateDigitalTwin", this::updateDigitalTwin);
    handlers.put("invokeCommand", this::invokeCommand);
  }

  private Object getTwin(JsonObject args) throws Exception {
    String moduleId = text(args, "moduleId");
    return json(
        moduleId == null
            ? twins.get(text(args, "deviceId"))
            : twins.get(text(args, "deviceId"), moduleId));
  }

  private static Twin twin(JsonObject args) {
    String moduleId = text(args, "moduleId");
    Twin twin =
        moduleId == null
            ? new Twin(text(args, "deviceId"))
            : new Twin(text(args, "deviceId"), moduleId);
    if (args.has("tags")) twin.getTags().putAll(map(args.get("tags")));
    if (args.has("desired")) twin.getDesiredProperties().putAll(map(args.get("desired")));
    return twin;
  }

  private Object patchTwin(JsonObject args) throws Exception {
    Twin twin = twin(args);
    return json(args.has("etag") ? twins.patch(twin, text(args, "etag")) : twins.patch(twin));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(JsonElement json) {
    return GSON.fromJson(json, Map.class);
  }

  private static Map<String, Object> json(Twin twin) {
    Map<String, Object> json = new HashMap<>();
    json.put("deviceId", twin.getDeviceId());
    json.put("moduleId", twin.getModuleId());
    json.put("etag", twin.getETag());
    json.put("version", twin.getVersion());
    json.put("connectionState", twin.getConnectionState());
    json.put("tags", new HashMap<>(twin.getTags()));
    json.put("desired", properties(twin.getDesiredProperties()));
    json.put("reported", properties(twin.getReportedProperties()));
    return json;
  }

  private static Object properties(TwinCollection collection) {
    Map<String, Object> json = new HashMap<>(collection);
    json.put("$version", collection.getVersion());
    return json;
  }

  private Object invoke(JsonObject args) throws Exception {
    DirectMethodRequestOptions options =
        DirectMethodRequestOptions.builder()
            .payload(GSON.fromJson(args.get("payload"), Object.class))
            .methodResponseTimeoutSeconds(METHOD_S_MAX)
            .methodConnectTimeoutSeconds(CONNECT_S_MAX)
            .build();
    String deviceId = text(args, "deviceId");
    String moduleId = text(args, "moduleId");
    String name = text(args, "methodName");
    DirectMethodResponse response =
        moduleId == null
            ? methods.invoke(deviceId, name, options)
            : methods.invoke(deviceId, moduleId, name, options);
    return Map.of("status", response.getStatus(), "payload", response.getPayloadAsJsonElement());
  }

  private static QueryPageOptions page(JsonObject args) {
    return QueryPageOptions.builder().pageSize(args.get("pageSize").getAsInt()).build();
  }

  private Object queryTwins(JsonObject args) throws Exception {
    List<Object> found = new ArrayList<>();
    QueryPageOptions page = page(args);
    TwinQueryResponse response = queries.queryTwins(text(args, "text"), page);
    while (response.hasNext()) found.add(json(response.next(page)));
    return found;
  }

  private Object queryRaw(JsonObject args) throws Exception {
    List<Object> found = new ArrayList<>();
    QueryPageOptions page = page(args);
    RawQueryResponse response = queries.queryRaw(text(args, "text"), page);
    while (response.hasNext()) found.add(JsonParser.parseString(response.next(page)));
    return found;
  }

  private Object scheduleTwin(JsonObject args) throws Exception {
    Twin change = new Twin();
    change.getTags().putAll(map(args.get("tags")));
    change.getDesiredProperties().putAll(map(args.get("desired")));
    change.setETag("*");
    return json(
        jobs.scheduleUpdateTwin(
            text(args, "jobId"), text(args, "condition"), change, start(args), JOB_S_MAX));
  }

  private Object scheduleMethod(JsonObject args) throws Exception {
    DirectMethodsJobOptions options =
        DirectMethodsJobOptions.builder()
            .payload(GSON.fromJson(args.get("payload"), Object.class))
            .methodResponseTimeoutSeconds(METHOD_S_MAX)
            .maxExecutionTimeSeconds(JOB_S_MAX)
            .build();
    return json(
        jobs.scheduleDirectMethod(
            text(args, "jobId"),
            text(args, "condition"),
            text(args, "methodName"),
            start(args),
            options));
  }

  private static Date start(JsonObject args) {
    long laterMs = args.has("laterMs") ? args.get("laterMs").getAsLong() : 0;
    return new Date(System.currentTimeMillis() + laterMs);
  }

  private Object queryJobs(JsonObject args) throws Exception {
    List<Object> found = new ArrayList<>();
    JobQueryResponse response = queries.queryJobs(text(args, "text"));
    while (response.hasNext()) found.add(json(response.next()));
    return found;
  }

  private static Map<String, Object> json(ScheduledJob job) {
    Map<String, Object> json = new HashMap<>();
    json.put("jobId", job.getJobId());
    json.put("deviceId", job.getDeviceId());
    json.put("type", job.getJobType());
    json.put("status", job.getJobStatus());
    if (job.getJobStatistics() != null) {
      json.put("succeeded", job.getJobStatistics().getSucceededCount());
    }
    return json;
  }

  private static ConfigurationContent content(JsonObject args) {
    ConfigurationContent content = new ConfigurationContent();
    if (args.has("deviceContent")) content.setDeviceContent(map(args.get("deviceContent")));
    if (args.has("modulesContent")) {
      Map<String, Map<String, Object>> modules = new HashMap<>();
      args.getAsJsonObject("modulesContent")
          .entrySet()
          .forEach(entry -> modules.put(entry.getKey(), map(entry.getValue())));
      content.setModulesContent(modules);
    }
    return content;
  }

  private Object createConfiguration(JsonObject args) throws Exception {
    Configuration configuration = new Configuration(text(args, "id"));
    configuration.setContent(content(args));
    configuration.setTargetCondition(text(args, "targetCondition"));
    configuration.setPriority(args.get("priority").getAsInt());
    configuration.setLabels(new HashMap<>(Map.of("made", "here")));
    return json(configurations.create(configuration));
  }

  private Object listConfigurations(JsonObject args) throws Exception {
    List<Object> found = new ArrayList<>();
    for (Configuration one : configurations.get(args.get("max").getAsInt())) found.add(json(one));
    return found;
  }

  private Object setPriority(JsonObject args) throws Exception {
    Configuration configuration = configurations.get(text(args, "id"));
    configuration.setPriority(args.get("priority").getAsInt());
    return json(configurations.replace(configuration));
  }

  private Object deleteConfiguration(JsonObject args) throws Exception {
    configurations.delete(text(args, "id"));
    return null;
  }

  private Object applyContent(JsonObject args) throws Exception {
    configurations.applyConfigurationContentOnDevice(text(args, "deviceId"), content(args));
    return null;
  }

  private static Object json(Configuration configuration) {
    Map<String, Object> json = new HashMap<>();
    json.put("id", configuration.getId());
    json.put("priority", configuration.getPriority());
    json.put("targetCondition", configuration.getTargetCondition());
    json.put("labels", configuration.getLabels());
    json.put("deviceContent", configuration.getContent().getDeviceContent());
    return json;
  }

  private Object getDigitalTwin(JsonObject args) {
    return JsonParser.parseString(
        digitalTwins.getDigitalTwin(text(args, "deviceId"), String.class));
  }

  private Object updateDigitalTwin(JsonObject args) {
    UpdateOperationUtility operations = new UpdateOperationUtility();
    if (args.has("component")) {
      operations.appendAddComponentOperation(text(args, "path"), map(args.get("component")));
    } else {
      operations.appendAddPropertyOperation(
          text(args, "path"), GSON.fromJson(args.get("value"), Object.class));
    }
    return digitalTwins.updateDigitalTwin(
        text(args, "deviceId"), operations.getUpdateOperations());
  }

  private Object invokeCommand(JsonObject args) {
    String deviceId = text(args, "deviceId");
    String component = text(args, "component");
    String payload = args.get("payload").toString();
    DigitalTwinCommandResponse response =
        component == null
            ? digitalTwins.invokeCommand(deviceId, text(args, "command"), payload)
            : digitalTwins.invokeComponentCommand(
                deviceId, component, text(args, "command"), payload);
    // As a text in a text, which is the SDK's way.
    JsonElement answer = JsonParser.parseString(response.getPayload(String.class));
    return Map.of("status", response.getStatus(), "payload", answer);
  }
}
