package larimar;

import java.util.HashMap;
import java.util.Map;

/** Devices and back ends as users write them with the IoT SDKs for Java. */
public final class Main {
  public static void main(String[] arguments) throws Exception {
    Trust.everywhere();
    Map<String, Calls.Handler> handlers = new HashMap<>();
    new DeviceCalls().addTo(handlers);
    handlers.put("identifyTpm", Tpms::identify);
    handlers.put("register", new ProvisioningCalls()::register);
    if (System.getenv("CONNECTION_STRING") != null) {
      new IdentityCalls().addTo(handlers);
      new ServiceCalls().addTo(handlers);
      new MessagingCalls().addTo(handlers);
    }
    if (System.getenv("PROVISIONING_CONNECTION_STRING") != null) {
      new EnrollmentCalls().addTo(handlers);
    }
    Calls.serve(handlers);
  }

  private Main() {}
}
