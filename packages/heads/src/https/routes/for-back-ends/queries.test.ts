import { describe, expect, test } from "vitest";
import { type TestHead, startTestHead } from "../../test-head.fixture.ts";

const policy = "service";

const ask = (head: TestHead, query: string, headers = {}) =>
  head.send("POST", "/devices/query", { policy, body: { query }, headers });

async function startWithDevices(...ids: string[]): Promise<TestHead> {
  const head = await startTestHead();
  for (const id of ids) await head.createDevice(id);
  return head;
}

describe("a query", () => {
  test("is answered with whole twins, as they are read one by one", async () => {
    await using head = await startWithDevices("d1", "d2");
    const answer = await ask(head, "SELECT * FROM devices WHERE deviceId = 'd2'");
    const twin = await head.send("GET", "/twins/d2", { policy });
    expect(answer).toMatchObject({ status: 200, headers: { "x-ms-item-type": "Twin" } });
    expect(answer.json).toEqual([twin.json]);
    expect(answer.headers).not.toHaveProperty("x-ms-continuation");
  });

  test("says that rows it made are raw", async () => {
    await using head = await startWithDevices("d1", "d2");
    const answer = await ask(head, "SELECT COUNT() AS numberOfDevices FROM devices");
    expect(answer.headers["x-ms-item-type"]).toBe("Raw");
    expect(answer.json).toEqual([{ numberOfDevices: 2 }]);
  });

  test("goes on where its page ended, and ends without a token", async () => {
    await using head = await startWithDevices("d1", "d2", "d3");
    const query = "SELECT deviceId FROM devices";
    const first = await ask(head, query, { "x-ms-max-item-count": "2" });
    expect(first.json).toEqual([{ deviceId: "d1" }, { deviceId: "d2" }]);
    const token = { "x-ms-continuation": first.headers["x-ms-continuation"] };
    const second = await ask(head, query, { ...token, "x-ms-max-item-count": "2" });
    expect(second.json).toEqual([{ deviceId: "d3" }]);
    expect(second.headers).not.toHaveProperty("x-ms-continuation");
    const other = await ask(head, `${query} WHERE true`, token);
    expect(other).toMatchObject({ status: 400 });
  });

  test.each([
    ["SELECT * FROM devices WHERE tags.group = 'g1'", "line 1, column 34"],
    ["SELECT *\nFROM devices ORDER BY deviceId", "line 2, column 14"],
    ["SELECT tags.a, tags.a FROM devices", "line 1, column 16"],
    ["", "line 1, column 1"],
  ])("that is %j is refused with the place", async (query, place) => {
    await using head = await startTestHead();
    const answer = await ask(head, query);
    expect(answer).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "ArgumentInvalid" },
      json: { ExceptionMessage: "" },
    });
    const { Message } = answer.json as { Message: string };
    expect(JSON.parse(Message)).toMatchObject({
      errorCode: 400_004,
      message: expect.stringContaining(place) as string,
    });
  });

  test.each([
    { "x-ms-max-item-count": "many" },
    { "x-ms-max-item-count": "-1" },
    { "x-ms-continuation": "not one of ours" },
  ])("with the headers %j is refused", async (headers) => {
    await using head = await startTestHead();
    expect(await ask(head, "SELECT * FROM devices", headers)).toMatchObject({ status: 400 });
  });

  test.each([{}, { query: 1 }, { query: null }, []])("body %j is refused", async (body) => {
    await using head = await startTestHead();
    const answer = await head.send("POST", "/devices/query", { policy, body });
    expect(answer.status).toBe(400);
  });

  test("is for back ends", async () => {
    await using head = await startTestHead();
    const body = { query: "SELECT * FROM devices" };
    for (const other of [undefined, "device", "registryRead"]) {
      const request = other === undefined ? { body } : { policy: other, body };
      expect((await head.send("POST", "/devices/query", request)).status).toBe(401);
    }
  });
});
