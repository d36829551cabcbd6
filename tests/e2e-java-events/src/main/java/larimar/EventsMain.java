package larimar;

import java.util.HashMap;
import java.util.Map;

/** Readers of events as users write them with azure-messaging-eventhubs. */
public final class EventsMain {
  public static void main(String[] arguments) throws Exception {
    Trust.everywhere();
    Map<String, Calls.Handler> handlers = new HashMap<>();
    new EventProcessor().addTo(handlers);
    new EventReaders().addTo(handlers);
    Calls.serve(handlers);
  }

  private EventsMain() {}
}
