package larimar;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** One call per line of JSON on standard input, one answer per line on standard output. */
final class Calls {
  static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  /** What answers a call; whatever it throws is told to the test. */
  interface Handler {
    Object handle(JsonObject args) throws Exception;
  }

  /** Answers each call with the handler of its name, until standard input ends. */
  static void serve(Map<String, Handler> handlers) throws Exception {
    PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    ExecutorService calls = Executors.newCachedThreadPool();
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonObject request = JsonParser.parseString(line).getAsJsonObject();
      calls.execute(
          () -> {
            String answer = GSON.toJson(answer(handlers, request));
            synchronized (output) {
              output.println(answer);
              output.flush();
            }
          });
    }
    // Clients that were left open keep threads alive, and nobody waits for them.
    Runtime.getRuntime().halt(0);
  }

  private static JsonObject answer(Map<String, Handler> handlers, JsonObject request) {
    JsonObject answer = new JsonObject();
    answer.add("id", request.get("id"));
    try {
      Handler handler = handlers.get(request.get("call").getAsString());
      Object value = handler.handle(request.getAsJsonObject("args"));
      JsonElement json = value == null ? JsonNull.INSTANCE : GSON.toJsonTree(value);
      answer.addProperty("ok", true);
      answer.add("value", json);
    } catch (Throwable error) {
      error.printStackTrace();
      answer.addProperty("ok", false);
      answer.addProperty("error", describe(error));
    }
    return answer;
  }

  private static String describe(Throwable error) {
    StringBuilder text = new StringBuilder(error.toString());
    for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
      text.append(" <- ").append(cause);
    }
    return text.toString();
  }

  static String text(JsonObject args, String name) {
    return args.has(name) && !args.get(name).isJsonNull() ? args.get(name).getAsString() : null;
  }

  private Calls() {}
}
