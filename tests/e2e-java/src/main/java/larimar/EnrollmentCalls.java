package larimar;

import static larimar.Calls.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.provisioning.service.ProvisioningServiceClient;
import com.microsoft.azure.sdk.iot.provisioning.service.Query;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.Attestation;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.BulkEnrollmentOperationError;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.BulkEnrollmentOperationResult;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.BulkOperationMode;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.DeviceRegistrationState;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.EnrollmentGroup;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.IndividualEnrollment;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.ProvisioningStatus;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.QuerySpecification;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.SymmetricKeyAttestation;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.X509Attestation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Enrollments as operators manage them with provisioning-service-client. */
final class EnrollmentCalls {
  private final ProvisioningServiceClient service =
      new ProvisioningServiceClient(System.getenv("PROVISIONING_CONNECTION_STRING"));

  void addTo(Map<String, Calls.Handler> handlers) {
    handlers.put("putEnrollment", this::putEnrollment);
    handlers.put(
        "getEnrollment", args -> json(service.getIndividualEnrollment(text(args, "id"))));
    handlers.put("setStatus", this::setStatus);
    handlers.put("keysOf", this::keysOf);
    handlers.put("deleteEnrollment", this::deleteEnrollment);
    handlers.put("putGroup", this::putGroup);
    handlers.put("getGroup", args -> json(service.getEnrollmentGroup(text(args, "id"))));
    handlers.put("setGroupStatus", this::setGroupStatus);
    handlers.put("keysOfGroup", this::keysOfGroup);
    handlers.put("deleteGroup", this::deleteGroup);
    handlers.put("bulk", this::bulk);
    handlers.put(
        "getRegistration", args -> json(service.getDeviceRegistrationState(text(args, "id"))));
    handlers.put("deleteRegistration", this::deleteRegistration);
    handlers.put("queryEnrollments", this::queryEnrollments);
    handlers.put("queryGroups", this::queryGroups);
    handlers.put("queryRegistrations", this::queryRegistrations);
  }

  private static Attestation attestation(JsonObject args) {
    if (args.has("clientCertificate")) {
      return X509Attestation.createFromClientCertificates(text(args, "clientCertificate"));
    }
    if (args.has("signingCertificate")) {
      return X509Attestation.createFromRootCertificates(text(args, "signingCertificate"));
    }
    return new SymmetricKeyAttestation(text(args, "primaryKey"), text(args, "secondaryKey"));
  }

  private static IndividualEnrollment enrollment(JsonObject args) {
    IndividualEnrollment enrollment =
        new IndividualEnrollment(text(args, "id"), attestation(args));
    if (args.has("deviceId")) enrollment.setDeviceId(text(args, "deviceId"));
    return enrollment;
  }

  private Object putEnrollment(JsonObject args) throws Exception {
    return json(service.createOrUpdateIndividualEnrollment(enrollment(args)));
  }

  private static ProvisioningStatus status(JsonObject args) {
    return ProvisioningStatus.valueOf(text(args, "status").toUpperCase(Locale.ROOT));
  }

  /** Reads it, and writes it back as it was but for its status; with an ETag in place of its own, in vain. */
  private Object setStatus(JsonObject args) throws Exception {
    IndividualEnrollment enrollment = service.getIndividualEnrollment(text(args, "id"));
    enrollment.setProvisioningStatus(status(args));
    if (args.has("etag")) enrollment.setEtag(text(args, "etag"));
    return json(service.createOrUpdateIndividualEnrollment(enrollment));
  }

  private Object keysOf(JsonObject args) throws Exception {
    return keys(
        service.getIndividualEnrollmentAttestationMechanism(text(args, "id")).getAttestation());
  }

  private static Object keys(Attestation attestation) {
    SymmetricKeyAttestation keys = (SymmetricKeyAttestation) attestation;
    return Map.of("primaryKey", keys.getPrimaryKey(), "secondaryKey", keys.getSecondaryKey());
  }

  private Object deleteEnrollment(JsonObject args) throws Exception {
    if (args.has("etag")) {
      service.deleteIndividualEnrollment(text(args, "id"), text(args, "etag"));
    } else {
      service.deleteIndividualEnrollment(text(args, "id"));
    }
    return null;
  }

  private Object putGroup(JsonObject args) throws Exception {
    return json(
        service.createOrUpdateEnrollmentGroup(
            new EnrollmentGroup(text(args, "id"), attestation(args))));
  }

  private Object setGroupStatus(JsonObject args) throws Exception {
    EnrollmentGroup group = service.getEnrollmentGroup(text(args, "id"));
    group.setProvisioningStatus(status(args));
    return json(service.createOrUpdateEnrollmentGroup(group));
  }

  private Object keysOfGroup(JsonObject args) throws Exception {
    return keys(service.getEnrollmentGroupAttestationMechanism(text(args, "id")).getAttestation());
  }

  private Object deleteGroup(JsonObject args) throws Exception {
    service.deleteEnrollmentGroup(text(args, "id"));
    return null;
  }

  private Object bulk(JsonObject args) throws Exception {
    List<IndividualEnrollment> enrollments = new ArrayList<>();
    for (JsonElement one : args.getAsJsonArray("enrollments")) {
      enrollments.add(enrollment(one.getAsJsonObject()));
    }
    BulkEnrollmentOperationResult result =
        service.runBulkEnrollmentOperation(
            BulkOperationMode.valueOf(text(args, "mode")), enrollments);
    List<Object> errors = new ArrayList<>();
    for (BulkEnrollmentOperationError error : result.getErrors()) {
      errors.add(Map.of("id", error.getRegistrationId(), "code", error.getErrorCode()));
    }
    return Map.of("isSuccessful", result.getSuccessful(), "errors", errors);
  }

  private Object deleteRegistration(JsonObject args) throws Exception {
    service.deleteDeviceRegistrationState(text(args, "id"));
    return null;
  }

  private Object queryEnrollments(JsonObject args) throws Exception {
    return pages(service.createIndividualEnrollmentQuery(query(args), pageSize(args)));
  }

  private Object queryGroups(JsonObject args) throws Exception {
    return pages(service.createEnrollmentGroupQuery(query(args), pageSize(args)));
  }

  private Object queryRegistrations(JsonObject args) throws Exception {
    return pages(
        service.createEnrollmentGroupRegistrationStateQuery(
            query(args), text(args, "group"), pageSize(args)));
  }

  private static QuerySpecification query(JsonObject args) {
    return new QuerySpecification(text(args, "text"));
  }

  private static int pageSize(JsonObject args) {
    return args.get("pageSize").getAsInt();
  }

  private static Object pages(Query query) {
    List<Object> pages = new ArrayList<>();
    while (query.hasNext()) {
      List<Object> page = new ArrayList<>();
      for (Object item : query.next().getItems()) page.add(json(item));
      pages.add(page);
    }
    return pages;
  }

  private static Object json(Object item) {
    Map<String, Object> json = new HashMap<>();
    if (item instanceof IndividualEnrollment) {
      IndividualEnrollment enrollment = (IndividualEnrollment) item;
      json.put("id", enrollment.getRegistrationId());
      json.put("deviceId", enrollment.getDeviceId());
      json.put("status", enrollment.getProvisioningStatus());
      json.put("etag", enrollment.getEtag());
    } else if (item instanceof EnrollmentGroup) {
      EnrollmentGroup group = (EnrollmentGroup) item;
      json.put("id", group.getEnrollmentGroupId());
      json.put("status", group.getProvisioningStatus());
      json.put("etag", group.getEtag());
    } else {
      DeviceRegistrationState state = (DeviceRegistrationState) item;
      json.put("id", state.getRegistrationId());
      json.put("deviceId", state.getDeviceId());
      json.put("assignedHub", state.getAssignedHub());
      json.put("status", state.getStatus());
      json.put("etag", state.getEtag());
    }
    return json;
  }
}
