//! Every size, count and wait that Fieldwatch bounds, by name. A limit that is not here does not exist.

/// The longest raw change chunk, in bytes. A change holds one act of a person; the longest narrative is far below.
pub const CHANGE_BYTES_MAX: usize = 512 * 1024;
/// The shortest bytes that can be a change; behind a shorter one nothing of a push is read.
pub const CHANGE_BYTES_MIN: usize = 40;
/// The most operations of one change, and the most that they may succeed: the longest narrative written anew, and room.
pub const CHANGE_OPS_MAX: u64 = 1 << 18;
/// The most changes of one record in one push; more are sent in the next request.
pub const PUSH_CHANGES_MAX: usize = 64;
/// How often in one sync a device writes its work on one record anew because another copy of its home wrote too: once for each copy of
/// a copy.
pub const REBASES_MAX: u32 = 8;
/// How often a device that is in sync glances over its records for what may be missing, in milliseconds.
pub const GLANCE_EVERY_MS: i64 = 86_400_000;
/// The most harms that are listed of a damaged home; all are counted.
pub const HARMS_TOLD_MAX: usize = 1_000;
/// The most buckets of a feed in repair that one request lists: each of them once.
pub const REPAIR_LISTS_MAX: usize = 256;
/// The most records in one push.
pub const PUSH_RECORDS_MAX: usize = 512;
/// The size at which a device closes a push and sends the rest with the next request, in bytes of changes.
pub const PUSH_BYTES_TARGET: usize = 512 * 1024;
/// The largest sync request after its content coding is undone, in bytes.
pub const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longest time that a device leaves a server alone because it asked for it, in milliseconds; its own back-off comes on top.
pub const RETRY_AFTER_MS_MAX: u64 = 3_600_000;
/// How many records a feed has at least before its index is sent ahead of its bodies.
pub const INDEX_RECORDS_MIN: u64 = 200;
/// By how many bytes the first body of a reply may exceed what is left of a budget, so that every sync gets somewhere.
pub const BUDGET_FIRST_OVER_BYTES: u64 = 32 * 1024;
/// The most receipts that a device keeps of one record: the first, and the newest.
pub const RECEIPTS_PER_RECORD_MAX: usize = 8;
/// The most receipts that a device keeps; beyond it the oldest tenth goes.
pub const RECEIPTS_MAX: usize = 50_000;
/// How many bytes of items may lie between two commit points of a reply.
pub const PAGE_BYTES_MAX: usize = 64 * 1024;
/// The largest single item of a reply, in bytes: one record's body, whole.
pub const ITEM_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most stations a device is told of.
pub const STATIONS_TOLD_MAX: usize = 2_000;
/// The most feeds one request may name.
pub const FEEDS_MAX: usize = 64;
/// The most bytes of refused work that the server keeps for a release, beside what each device has room for at any rate.
pub const QUARANTINE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// The most bytes of refused work of one device that the server keeps for a release.
pub const QUARANTINE_DEVICE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The bytes of refused work of one device for which there is room however much waits of others.
pub const QUARANTINE_DEVICE_BYTES_SURE: usize = 512 * 1024;
/// The most changes of refused work of one device that the server keeps for a release.
pub const QUARANTINE_DEVICE_CHANGES_MAX: usize = 1_024;
/// The most bytes of records on their way back, of which the server keeps parts until the rest has come.
pub const RETURNING_BYTES_MAX: usize = 16 * RECORD_BYTES_MAX;
/// The most bytes of such records that one device brings at once: two of the largest.
pub const RETURNING_DEVICE_BYTES_MAX: usize = 2 * RECORD_BYTES_MAX;
/// How long the server keeps parts of a record of which nothing more comes, in milliseconds.
pub const RETURNING_IDLE_MS_MAX: i64 = 7 * 86_400_000;
/// How often in a row parts of a record may bring a device no further before it does without the server's mark.
pub const PARTS_FUTILE_MAX: u32 = 2;
/// The most feeds that a person could once write and that are remembered, the newest.
pub const FEEDS_FORMER_MAX: usize = 64;
/// The most stations that one person works at: two feeds each, beside their own two.
pub const STATIONS_OF_PERSON_MAX: usize = 16;
/// The most campaigns whose feeds one coordinator is granted, the newest: two feeds each, beside their own four.
pub const CAMPAIGNS_GRANTED_MAX: usize = (FEEDS_MAX - 4) / 2;
/// The most changes that one record may have.
pub const RECORD_CHANGES_MAX: usize = 10_000;
/// The most bytes of changes that one record may have.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most operations that one record may have.
pub const RECORD_OPS_MAX: u64 = 1 << 20;
/// The most heads that one record may have: a change made upon all of them must keep [`CHANGE_DEPS_MAX`].
pub const RECORD_HEADS_MAX: usize = CHANGE_DEPS_MAX / 2;
/// How deep maps that this version does not know may be nested in a record.
pub const UNKNOWN_DEPTH_MAX: usize = 8;
/// The most keys that this version does not know in one record.
pub const UNKNOWN_KEYS_MAX: usize = 5_000;
/// The longest key of a map in a record, in bytes.
pub const KEY_BYTES_MAX: usize = 200;
/// The most actors that may write one record.
pub const RECORD_ACTORS_MAX: usize = 1_000;
/// The highest operation counter of a record: automerge fails for ever near `u32::MAX`.
pub const OP_COUNTER_MAX: u64 = 1 << 24;
/// The most dependencies of one change.
pub const CHANGE_DEPS_MAX: usize = 64;
/// The longest short text, in characters.
pub const TEXT_CHARS_MAX: usize = 500;
/// The longest narrative or note, in characters.
pub const LONG_TEXT_CHARS_MAX: usize = 100_000;
/// The longest piece of a text that is kept in pieces, in characters.
pub const PIECE_CHARS_MAX: usize = 4_000;
/// The most events in one record.
pub const EVENTS_MAX: usize = 2_000;
/// The longest data of one event, in bytes of JSON.
pub const EVENT_BYTES_MAX: usize = 16 * 1024;
/// The most answers in one inspection.
pub const ANSWERS_MAX: usize = 5_000;
/// The largest amount of money, in fen: a hundred thousand million yuan.
pub const FEN_MAX: i64 = 10_000_000_000_000;
/// The longest field of an imported table, in bytes; a longer one refuses its row.
pub const IMPORT_CELL_BYTES_MAX: usize = 1024 * 1024;
/// The longest row of an imported table, all its cells together, in bytes; a longer one is refused.
pub const IMPORT_ROW_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most columns of an imported table.
pub const IMPORT_COLUMNS_MAX: usize = 1_000;
/// The most refused rows of an imported table that are listed by number and reason; the others are counted.
pub const IMPORT_REFUSALS_MAX: usize = 100_000;
/// How far behind the server's clock an assertion's nonce may be, in milliseconds: thirty days offline still sync in one round trip.
pub const NONCE_AGE_MAX_MS: i64 = 30 * 86_400_000;
/// How long an access token is good, in milliseconds.
pub const TOKEN_AGE_MAX_MS: i64 = 15 * 60_000;
/// How far in the past a stated time may lie before the received time replaces it for deadlines, in milliseconds.
pub const STATED_PAST_MAX_MS: i64 = 30 * 86_400_000;
/// How far in the future a stated time may lie, in milliseconds.
pub const STATED_FUTURE_MAX_MS: i64 = 5 * 60_000;
/// The most erasures that one reply tells of: the marks of so many fit into half a page.
pub const ERASURES_TOLD_MAX: usize = 2_000;
/// The most seeds of a keyring: some ten thousand erased records, on one device or one server.
pub const KEYRING_SEEDS_MAX: usize = 1 << 20;
/// The most record keys that are kept in memory once they were derived.
pub const RECORD_KEYS_CACHED_MAX: usize = 1 << 18;
/// The largest small file, in bytes: a keyring with all its seeds.
pub const SMALL_FILE_BYTES_MAX: usize = 64 << 20;

// The server's own.

/// The most connections at once; one more is closed before its handshake.
pub const CONNECTIONS_MAX: usize = 10_240;
/// How long a TLS handshake may take, in milliseconds.
pub const HANDSHAKE_MS_MAX: u64 = 10_000;
/// How long a client may take to send the head of a request, in milliseconds.
pub const HEAD_MS_MAX: u64 = 15_000;
/// How long a client may pause while it sends a body or reads a reply, in milliseconds.
pub const BODY_PAUSE_MS_MAX: u64 = 60_000;
/// The most requests at once on one HTTP/2 connection.
pub const STREAMS_MAX: u32 = 32;
/// The most syncs under way at once; more wait.
pub const SYNCS_MAX: usize = 256;
/// The most memory that the bodies of all requests under way take together, in bytes.
pub const BODIES_BYTES_MAX: usize = 256 * 1024 * 1024;
/// What of each body is not counted towards it, in bytes: who brings little is never refused for it.
pub const BODY_FREE_BYTES: usize = 64 * 1024;
/// The most syncs under way at once of one device: its own, and those that a lost link has left behind.
pub const DEVICE_SYNCS_MAX: usize = 4;
/// How many rows of feeds a device may have read for repairs before it must wait: what is read is forgotten with time.
pub const REPAIR_ROWS_MAX: u64 = 2_000_000;
/// How many rows that were read for a device's repairs are forgotten each second.
pub const REPAIR_ROWS_PER_S: u64 = 1_000;
/// What one answer to a repair counts at least, in rows.
pub const REPAIR_ASK_ROWS_MIN: u64 = 1_000;
/// How often a device may have the feeds of one request read on top of that: a large feed is listed in many requests.
pub const REPAIR_PASSES_MAX: u64 = 32;
/// When to come back, as a server that cannot take a request now says it, in seconds.
pub const RETRY_AFTER_S: u32 = 5;
/// How long a sync waits for its turn, in milliseconds, before it is told to come back later.
pub const SYNC_WAIT_MS_MAX: u64 = 20_000;
/// The largest JSON body of a request, in bytes.
pub const JSON_BYTES_MAX: usize = 16 * 1024;
/// How far back a compressed request may refer, as a power of two of bytes: what undoing it may cost in memory.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// How long a stopping server lets requests finish, in milliseconds.
pub const STOP_MS_MAX: u64 = 7_000;
/// The longest time a ticket may be good, in milliseconds.
pub const TICKET_AGE_MAX_MS: i64 = 90 * 86_400_000;
/// The most stations, persons, tickets or devices, of each.
pub const REGISTER_ROWS_MAX: usize = 200_000;
/// The longest name of a person, a station or a device, in characters.
pub const NAME_CHARS_MAX: usize = 100;
