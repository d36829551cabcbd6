/** Characters; a longer query is refused. */
export const QUERY_LENGTH_MAX = 8192;

/** Rows of a page when a client does not say how many it wants. */
export const QUERY_PAGE_DEFAULT = 100;
/** Whole documents on one page; whoever wants more gets so many. */
export const QUERY_DOCUMENTS_PER_PAGE_MAX = 100;
/** Projected rows on one page; whoever wants more gets so many. */
export const QUERY_ROWS_PER_PAGE_MAX = 1000;
/** Groups come as one page; a query that would have more is refused. */
export const QUERY_GROUPS_MAX = 10_000;
/** Identities that jobs and configurations are given at once. */
export const QUERY_KEYS_PER_BATCH = 1000;
