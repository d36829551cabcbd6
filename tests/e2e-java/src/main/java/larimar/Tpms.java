package larimar;

import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.provisioning.security.SecurityProviderTpm;
import com.microsoft.azure.sdk.iot.provisioning.security.hsm.SecurityProviderTPMHsm;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import sun.reflect.ReflectionFactory;
import tss.Tpm;
import tss.TpmFactory;
import tss.tpm.TPMT_PUBLIC;
import tss.tpm.TPM_HANDLE;
import tss.tpm.TPM_RH;

/**
 * TPMs in software, each with a provider of tpm-provider, by their ports. That package knows the
 * TPM of the machine alone: its constructors open /dev/tpmrm0 or /dev/tpm0. Here they do not run,
 * and what they set is set for them.
 */
final class Tpms {
  private static final Class<SecurityProviderTPMHsm> PROVIDER = SecurityProviderTPMHsm.class;
  private static final Map<Integer, SecurityProviderTpm> BY_PORT = new ConcurrentHashMap<>();

  /** What an enrollment needs. */
  static Object identify(JsonObject args) throws Exception {
    SecurityProviderTpm provider = at(args.get("tpm").getAsInt());
    return Map.of(
        "registrationId", provider.getRegistrationId(),
        "endorsementKey", Base64.getEncoder().encodeToString(provider.getEndorsementKey()));
  }

  static SecurityProviderTpm at(int port) {
    return BY_PORT.computeIfAbsent(
        port,
        (missing) -> {
          try {
            return open(port);
          } catch (ReflectiveOperationException error) {
            throw new IllegalStateException("tpm-provider is not as expected", error);
          }
        });
  }

  private static SecurityProviderTpm open(int port) throws ReflectiveOperationException {
    Constructor<?> inherited = SecurityProviderTpm.class.getConstructor();
    SecurityProviderTPMHsm provider =
        PROVIDER.cast(
            ReflectionFactory.getReflectionFactory()
                .newConstructorForSerialization(PROVIDER, inherited)
                .newInstance());
    Tpm tpm = TpmFactory.remoteTpm("127.0.0.1", port);
    set(provider, "tpm", tpm);
    set(provider, "ekPublic", createPersistentPrimary(provider, tpm, "EK"));
    set(provider, "srkPublic", createPersistentPrimary(provider, tpm, "SRK"));
    return provider;
  }

  private static Object createPersistentPrimary(
      SecurityProviderTPMHsm provider, Tpm tpm, String role) throws ReflectiveOperationException {
    Method create =
        PROVIDER.getDeclaredMethod(
            "createPersistentPrimary",
            Tpm.class,
            TPM_HANDLE.class,
            TPM_RH.class,
            TPMT_PUBLIC.class,
            String.class);
    create.setAccessible(true);
    Object handle = field(role + "_PERSISTENT_HANDLE").get(null);
    Object template = field(role + "_TEMPLATE").get(null);
    return create.invoke(provider, tpm, handle, TPM_RH.OWNER, template, role);
  }

  private static void set(SecurityProviderTPMHsm provider, String name, Object value)
      throws ReflectiveOperationException {
    field(name).set(provider, value);
  }

  private static Field field(String name) throws ReflectiveOperationException {
    Field field = PROVIDER.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  private Tpms() {}
}
