package larimar;

import static larimar.Calls.text;

import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.service.auth.AuthenticationType;
import com.microsoft.azure.sdk.iot.service.auth.SymmetricKey;
import com.microsoft.azure.sdk.iot.service.registry.Device;
import com.microsoft.azure.sdk.iot.service.registry.DeviceStatus;
import com.microsoft.azure.sdk.iot.service.registry.Module;
import com.microsoft.azure.sdk.iot.service.registry.RegistryClient;
import com.microsoft.azure.sdk.iot.service.registry.RegistryIdentity;
import com.microsoft.azure.sdk.iot.service.registry.RegistryJob;
import com.microsoft.azure.sdk.iot.service.registry.RegistryStatistics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Identities as back ends manage them with iot-service-client. */
final class IdentityCalls {
  private final RegistryClient registry = new RegistryClient(System.getenv("CONNECTION_STRING"));

  void addTo(Map<String, Calls.Handler> handlers) {
    handlers.put("addDevice", args -> json(registry.addDevice(device(args))));
    handlers.put("getDevice", args -> json(registry.getDevice(text(args, "deviceId"))));
    handlers.put("updateDevice", this::updateDevice);
    handlers.put("removeDevice", this::removeDevice);
    handlers.put("addModule", args -> json(registry.addModule(module(args))));
    handlers.put(
        "getModule",
        args -> json(registry.getModule(text(args, "deviceId"), text(args, "moduleId"))));
    handlers.put("listModules", this::listModules);
    handlers.put("updateModule", this::updateModule);
    handlers.put("removeModule", this::removeModule);
    handlers.put("statistics", args -> statistics(registry.getStatistics()));
    handlers.put(
        "exportDevices",
        args ->
            json(
                registry.exportDevices(
                    text(args, "container"), args.get("excludeKeys").getAsBoolean())));
    handlers.put(
        "importDevices",
        args ->
            json(registry.importDevices(text(args, "container"), text(args, "logContainer"))));
    handlers.put("getImportOrExport", args -> json(registry.getJob(text(args, "jobId"))));
  }

  private static Device device(JsonObject args) {
    String kind = text(args, "authentication");
    Device device =
        kind == null
            ? new Device(text(args, "deviceId"))
            : new Device(text(args, "deviceId"), AuthenticationType.valueOf(kind));
    authenticate(device, args);
    return device;
  }

  private static Module module(JsonObject args) {
    Module module = new Module(text(args, "deviceId"), text(args, "moduleId"));
    authenticate(module, args);
    return module;
  }

  private static void authenticate(RegistryIdentity identity, JsonObject args) {
    if (args.has("primaryKey")) {
      SymmetricKey keys = new SymmetricKey();
      keys.setPrimaryKey(text(args, "primaryKey"));
      keys.setSecondaryKey(text(args, "secondaryKey"));
      identity.setSymmetricKey(keys);
    }
    if (args.has("thumbprint")) {
      identity.setThumbprint(text(args, "thumbprint"), text(args, "thumbprint"));
    }
  }

  /** Reads it, and writes it back as it was but for what is given. */
  private Object updateDevice(JsonObject args) throws Exception {
    Device device = registry.getDevice(text(args, "deviceId"));
    authenticate(device, args);
    if (args.has("status")) device.setStatus(DeviceStatus.fromString(text(args, "status")));
    return json(registry.updateDevice(device));
  }

  /** Reads it before, when that is asked for, changes it behind its own back, and insists on what it read. */
  private Object removeDevice(JsonObject args) throws Exception {
    if (!args.has("afterChange")) {
      registry.removeDevice(text(args, "deviceId"));
      return null;
    }
    Device known = registry.getDevice(text(args, "deviceId"));
    updateDevice(args);
    registry.removeDevice(known);
    return null;
  }

  private Object listModules(JsonObject args) throws Exception {
    List<Object> found = new ArrayList<>();
    for (Module module : registry.getModulesOnDevice(text(args, "deviceId"))) {
      found.add(json(module));
    }
    return found;
  }

  private Object updateModule(JsonObject args) throws Exception {
    Module module = registry.getModule(text(args, "deviceId"), text(args, "moduleId"));
    authenticate(module, args);
    return json(registry.updateModule(module));
  }

  private Object removeModule(JsonObject args) throws Exception {
    registry.removeModule(text(args, "deviceId"), text(args, "moduleId"));
    return null;
  }

  private static Map<String, Object> json(RegistryIdentity identity) {
    Map<String, Object> json = new HashMap<>();
    json.put("deviceId", identity.getDeviceId());
    if (identity instanceof Module) json.put("moduleId", ((Module) identity).getId());
    if (identity instanceof Device) {
      json.put("status", ((Device) identity).getStatus().getValue());
    }
    json.put("authentication", identity.getAuthenticationType());
    json.put("primaryKey", identity.getPrimaryKey());
    json.put("secondaryKey", identity.getSecondaryKey());
    json.put("thumbprint", identity.getPrimaryThumbprint());
    json.put("connectionState", identity.getConnectionState());
    json.put("etag", identity.getETag());
    return json;
  }

  private static Object statistics(RegistryStatistics statistics) {
    return Map.of(
        "total", statistics.getTotalDeviceCount(),
        "enabled", statistics.getEnabledDeviceCount(),
        "disabled", statistics.getDisabledDeviceCount());
  }

  private static Object json(RegistryJob job) {
    return Map.of(
        "jobId", job.getJobId(),
        "type", job.getType(),
        "status", job.getStatus(),
        "progress", job.getProgress());
  }
}
