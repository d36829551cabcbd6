import Database from "better-sqlite3";

/**
 * Every connection and statement of this thread, for as long as it runs. From Node 24.19 on, a native object
 * of this driver that is garbage-collected outside of JavaScript ends the process (the driver's version 13
 * mends that and needs Node 22). And where nothing keeps a connection, its locks go when it is collected.
 * Stores are opened once and prepare their statements once, so that this does not grow.
 */
const kept = new Set<object>();

/** Opens a connection whose statements stay. Use `exec` for statements that are needed only once. */
export function connect(file: string, options?: Database.Options): Database.Database {
  const connection = keep(new Database(file, options));
  const prepare = connection.prepare.bind(connection);
  return Object.assign(connection, {
    prepare: (sql: string) => keep(prepare(sql)),
    pragma(source: string, { simple = false }: Database.PragmaOptions = {}): unknown {
      const statement = keep(prepare(`PRAGMA ${source}`));
      if (!statement.reader) return void statement.run();
      return simple ? statement.pluck().get() : statement.all();
    },
  });
}

function keep<T extends object>(object: T): T {
  kept.add(object);
  return object;
}
