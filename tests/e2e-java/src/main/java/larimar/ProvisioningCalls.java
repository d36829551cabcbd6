package larimar;

import static larimar.Calls.text;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.azure.sdk.iot.provisioning.device.AdditionalData;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClient;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientRegistrationResult;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientStatus;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientTransportProtocol;
import com.microsoft.azure.sdk.iot.provisioning.security.SecurityProvider;
import com.microsoft.azure.sdk.iot.provisioning.security.SecurityProviderSymmetricKey;
import com.microsoft.azure.sdk.iot.provisioning.security.hsm.SecurityProviderX509Cert;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Devices that provision themselves as users write them with provisioning-device-client. */
final class ProvisioningCalls {
  private static final Map<String, ProvisioningDeviceClientTransportProtocol> PROTOCOLS =
      Map.of(
          "mqtt", ProvisioningDeviceClientTransportProtocol.MQTT,
          "mqtt-ws", ProvisioningDeviceClientTransportProtocol.MQTT_WS,
          "amqp", ProvisioningDeviceClientTransportProtocol.AMQPS,
          "amqp-ws", ProvisioningDeviceClientTransportProtocol.AMQPS_WS,
          "https", ProvisioningDeviceClientTransportProtocol.HTTPS);

  Object register(JsonObject args) throws Exception {
    ProvisioningDeviceClient client =
        ProvisioningDeviceClient.create(
            text(args, "host"),
            text(args, "idScope"),
            PROTOCOLS.get(text(args, "transport")),
            security(args));
    AdditionalData data = new AdditionalData();
    if (args.has("payload")) data.setProvisioningPayload(args.get("payload").toString());
    ProvisioningDeviceClientRegistrationResult result =
        args.has("timeoutS")
            ? client.registerDeviceSync(data, args.get("timeoutS").getAsInt())
            : client.registerDeviceSync(data);
    boolean isAssigned =
        result.getProvisioningDeviceClientStatus()
            == ProvisioningDeviceClientStatus.PROVISIONING_DEVICE_STATUS_ASSIGNED;
    String payload = result.getProvisioningPayload();
    client.close();
    Map<String, Object> answer = new HashMap<>();
    answer.put("status", isAssigned ? "assigned" : "failed");
    answer.put("assignedHub", result.getIothubUri());
    answer.put("deviceId", result.getDeviceId());
    answer.put("payload", payload == null ? null : JsonParser.parseString(payload));
    return answer;
  }

  private static SecurityProvider security(JsonObject args) throws Exception {
    if (args.has("key")) {
      byte[] key = text(args, "key").getBytes(StandardCharsets.UTF_8);
      return new SecurityProviderSymmetricKey(key, text(args, "registrationId"));
    }
    if (args.has("tpm")) return Tpms.at(args.get("tpm").getAsInt());
    JsonObject own = args.getAsJsonObject("certificate");
    List<X509Certificate> chain = Trust.certificates(text(own, "certFile"));
    return new SecurityProviderX509Cert(
        chain.get(0), Trust.privateKey(text(own, "keyFile")), chain.subList(1, chain.size()));
  }
}
