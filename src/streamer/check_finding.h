// What `waljet check` may find: declared once, in finding_table, from which the judges make
// findings and docs/check.md is generated.
//
// Sentences hold words in braces, `{slot}`, for what differs from case to case.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waljet {

enum class FindingLevel : uint8_t {
  error,    // `run` does not work, or loses something
  warning,  // it works until something happens
  note,     // good to know
};
std::string_view level_name(FindingLevel level);

// About what, in the order of the document.
enum class FindingArea : uint8_t { server, role, plugin, slot, tables, nats, stream, delivery };

struct FindingSpec {
  FindingArea area;
  std::string_view id;
  FindingLevel level;
  std::string_view message;
  std::string_view fix;
};

struct Finding {
  const FindingSpec* spec = nullptr;
  std::string message;
  std::string fix;
};
using Findings = std::vector<Finding>;

inline constexpr FindingSpec finding_table[] = {
    // ---- the server ----
    {FindingArea::server, "server_version", FindingLevel::error,
     "PostgreSQL {version} is too old: waljet knows 13 and later", "upgrade PostgreSQL"},
    {FindingArea::server, "wal_level", FindingLevel::error,
     "wal_level is {value} and must be logical",
     "ALTER SYSTEM SET wal_level = logical, and restart PostgreSQL"},
    {FindingArea::server, "standby_cannot_decode", FindingLevel::error,
     "the server is a standby, from which PostgreSQL before 16 decodes nothing",
     "connect to the primary: target_session_attrs=read-write in source.uri, which may name "
     "several "
     "hosts"},
    {FindingArea::server, "standby", FindingLevel::warning,
     "the server is a standby: a slot waits for the primary's activity and is lost with what the "
     "primary vacuums away",
     "connect to the primary: target_session_attrs=read-write in source.uri; or set "
     "hot_standby_feedback here"},
    {FindingArea::server, "slots_full", FindingLevel::error,
     "all {max} replication slots are taken, and slot {slot} has to be created",
     "drop one that nobody needs (pg_replication_slots), or raise max_replication_slots and "
     "restart "
     "PostgreSQL"},
    {FindingArea::server, "senders_full", FindingLevel::error,
     "all {max} WAL senders are in use (pg_stat_replication), and waljet needs one",
     "raise max_wal_senders and restart PostgreSQL"},
    {FindingArea::server, "wal_keep_unlimited", FindingLevel::note,
     "max_slot_wal_keep_size is -1: while waljet or NATS is away, the slot keeps all WAL, until "
     "the "
     "disk is full{rate}",
     "watch the disk; a limit protects it, at the price of the slot"},
    {FindingArea::server, "wal_keep_small", FindingLevel::warning,
     "max_slot_wal_keep_size is {limit}: the slot is lost when waljet or NATS is away for more WAL "
     "than that{rate}",
     "raise max_slot_wal_keep_size to what the longest outage writes, and reload PostgreSQL"},
    {FindingArea::server, "wal_sender_timeout", FindingLevel::warning,
     "wal_sender_timeout is {value}: a pause of the network or of waljet for so long ends "
     "replication, and what was not confirmed is sent again",
     "set wal_sender_timeout to 60s for the role or the server"},
    {FindingArea::server, "idle_slot_timeout", FindingLevel::warning,
     "idle_replication_slot_timeout is {value}: a slot that waljet does not use for so long is "
     "lost",
     "set idle_replication_slot_timeout to 0"},
    {FindingArea::server, "synchronous_standby", FindingLevel::error,
     "synchronous_standby_names ({value}) takes in {application}: every commit would wait until "
     "waljet has confirmed it, which it does late",
     "name the standbys instead of *, or set another application_name in source.uri"},
    {FindingArea::server, "fsync_off", FindingLevel::warning,
     "fsync is off: a crash of the server's machine can take back commits whose events are stored",
     "ALTER SYSTEM SET fsync = on"},

    // ---- the role ----
    {FindingArea::role, "role_connect", FindingLevel::error,
     "PostgreSQL does not let the role in: {why}", "GRANT CONNECT ON DATABASE … TO the role"},
    {FindingArea::role, "role_replication", FindingLevel::error,
     "role {role} has no REPLICATION privilege", "ALTER ROLE {role} REPLICATION"},
    {FindingArea::role, "replication_connection", FindingLevel::error,
     "no replication connection can be made, though a plain one can: {why}",
     "let role {role} in by pg_hba.conf, and not through a pooler"},
    {FindingArea::role, "role_select", FindingLevel::error,
     "a snapshot is asked for, and role {role} may not read {tables}",
     "GRANT USAGE ON SCHEMA and GRANT SELECT ON these tables TO {role}"},
    {FindingArea::role, "role_row_security", FindingLevel::error,
     "a snapshot is asked for, and row security hides rows from role {role} in {tables}",
     "ALTER ROLE {role} BYPASSRLS"},

    // ---- the plugin ----
    {FindingArea::plugin, "plugin_not_allowed", FindingLevel::error,
     "output_plugin_libraries ({value}) does not list waljet",
     "put {line} into postgresql.conf, and reload PostgreSQL (SELECT pg_reload_conf())"},
    {FindingArea::plugin, "plugin_not_loaded", FindingLevel::error,
     "PostgreSQL cannot use the plugin: {why}",
     "install it on the database server (sudo make install), or name its directory in "
     "dynamic_library_path"},
    {FindingArea::plugin, "plugin_not_tried", FindingLevel::note,
     "whether PostgreSQL can load the plugin was not tried: {why}",
     "mend what is said above, and check again"},
    {FindingArea::plugin, "plugin_version", FindingLevel::error,
     "the plugin on the server is of version {theirs}, and this is waljet {ours}",
     "install the same version on both sides"},
    {FindingArea::plugin, "plugin_refuses", FindingLevel::error,
     "the plugin does not start with these settings: {why}", "{hint}"},
    {FindingArea::plugin, "hash_salt", FindingLevel::error,
     "a rule hashes, and the server has no salt: {why}",
     "as a superuser: ALTER SYSTEM SET waljet.hash_salt = '…', and reload PostgreSQL"},
    {FindingArea::plugin, "extension_missing", FindingLevel::error,
     "a snapshot is asked for, and database {database} has no extension waljet",
     "CREATE EXTENSION waljet in that database"},
    {FindingArea::plugin, "extension_version", FindingLevel::error,
     "extension waljet of database {database} is of version {theirs}, and this is waljet {ours}",
     "ALTER EXTENSION waljet UPDATE, once the same version is installed on both sides"},

    // ---- the slot ----
    {FindingArea::slot, "slot_of_other_plugin", FindingLevel::error,
     "slot {slot} belongs to {owner}, not to waljet", "choose another name: source.slot or --slot"},
    {FindingArea::slot, "slot_of_other_database", FindingLevel::error,
     "slot {slot} belongs to database {theirs}, not to {ours}",
     "choose another name: source.slot or --slot; or connect to that database"},
    {FindingArea::slot, "slot_lost", FindingLevel::error,
     "slot {slot} is lost: the server has removed WAL that it needed, so changes since {confirmed} "
     "cannot be read any more",
     "waljet slot drop --slot {slot}, then waljet run --accept-gap once, which goes on without "
     "them"},
    {FindingArea::slot, "slot_at_risk", FindingLevel::warning,
     "slot {slot} keeps {retained} of WAL and is about to be lost ({status}; {left} left of "
     "max_slot_wal_keep_size)",
     "start waljet or mend what holds it up, or raise max_slot_wal_keep_size and reload"},
    {FindingArea::slot, "slot_active", FindingLevel::note,
     "slot {slot} is in use: a second waljet run stands by",
     "nothing, if that is the pipeline that this configuration describes"},
    {FindingArea::slot, "slot_waits", FindingLevel::note,
     "creating slot {slot} has to wait for transactions that are open now",
     "end the oldest in pg_stat_activity (xact_start), or wait"},

    // ---- tables and filter ----
    {FindingArea::tables, "filter_sends_nothing", FindingLevel::warning,
     "the filter lets no table of database {database} pass",
     "compare filter.tables, filter.exclude_tables and filter.rules with the tables' names"},
    {FindingArea::tables, "filter_matches_nothing", FindingLevel::warning,
     "no table is named by {entries} in filter.tables", "correct the name, or take it out"},
    {FindingArea::tables, "rule_matches_nothing", FindingLevel::warning,
     "rule {rule} ({table}) holds for no table: none has that name, or an earlier rule holds for "
     "it",
     "correct the name or the order, or take the rule out"},
    {FindingArea::tables, "rule_column", FindingLevel::warning,
     "rules name columns that the tables lack: {columns}; of such a table only the key is sent",
     "correct the names in columns"},
    {FindingArea::tables, "publication_missing", FindingLevel::error,
     "there is no publication {publications}",
     "CREATE PUBLICATION, or correct filter.publications"},
    {FindingArea::tables, "table_without_key", FindingLevel::warning,
     "updates and deletes do not tell which row is meant, for want of a primary key, in {tables}",
     "add a primary key, or ALTER TABLE … REPLICA IDENTITY USING INDEX or FULL"},
    {FindingArea::tables, "identity_nothing", FindingLevel::warning,
     "REPLICA IDENTITY is NOTHING, so that updates and deletes do not tell which row is meant, in "
     "{tables}",
     "ALTER TABLE … REPLICA IDENTITY DEFAULT or FULL"},
    {FindingArea::tables, "no_primary_key", FindingLevel::note,
     "events have no key (REPLICA IDENTITY FULL without a primary key), in {tables}",
     "add a primary key, if consumers or snapshots on demand need one"},
    {FindingArea::tables, "identity_default", FindingLevel::note,
     "updates and deletes show the old row's key alone, in {tables}",
     "ALTER TABLE … REPLICA IDENTITY FULL, if consumers need what was before; it makes more WAL"},
    {FindingArea::tables, "key_masked", FindingLevel::warning,
     "a rule masks columns of the key, so that events of different rows look alike: {columns}",
     "hash them instead"},
    {FindingArea::tables, "table_unlogged", FindingLevel::note,
     "unlogged tables are not decoded: {tables}", "ALTER TABLE … SET LOGGED, if they are wanted"},
    {FindingArea::tables, "row_too_large", FindingLevel::warning,
     "rows are larger than the {limit} that NATS takes as one message, by a sample of what is "
     "stored: {tables}; the first change of one stops everything behind it",
     "raise max_payload in nats-server and max_msg_size of the stream, or set sink.oversize to "
     "stub"},
    {FindingArea::tables, "subject_ambiguous", FindingLevel::warning,
     "in the subject template {template} a variable is only part of a token: two tables may share "
     "a subject",
     "put a dot on both sides of each variable"},

    // ---- NATS ----
    {FindingArea::nats, "jetstream_off", FindingLevel::error,
     "nobody answers for JetStream in NATS{why}",
     "switch it on: nats-server -js, or jetstream {} in its configuration, and for the account"},
    {FindingArea::nats, "api_denied", FindingLevel::error,
     "the NATS user may not use JetStream's API: {why}",
     "allow it to publish to {subjects}, and to subscribe to _INBOX.>"},
    {FindingArea::nats, "publish_denied", FindingLevel::error,
     "the NATS user may not publish events: {why}", "allow it to publish to {subjects}"},
    {FindingArea::nats, "record_denied", FindingLevel::error,
     "the NATS user may not write the record of what is stored: {why}",
     "allow it to publish to $KV.waljet.>"},
    {FindingArea::nats, "account_storage", FindingLevel::warning,
     "the account has {left} of its {limit} of {kind} left", "raise the account's limit"},
    {FindingArea::nats, "account_streams", FindingLevel::error,
     "the account has {used} of {limit} streams, and waljet has to create {needed}",
     "raise the account's limit of streams, or delete one"},
    {FindingArea::nats, "record_expires", FindingLevel::error,
     "bucket waljet drops keys by {limit}, and with them what tells a gap from a fresh start",
     "edit stream KV_waljet: no max_age, and no limits"},
    {FindingArea::nats, "record_in_memory", FindingLevel::warning,
     "bucket waljet is in memory: a restart of NATS loses the record of what is stored",
     "stop waljet, make bucket waljet again on file"},
    {FindingArea::nats, "record_replicas", FindingLevel::note,
     "bucket waljet has {theirs} replicas, and stream {stream} has {ours}",
     "edit stream KV_waljet: as many replicas"},

    // ---- the stream ----
    {FindingArea::stream, "stream_unavailable", FindingLevel::error, "stream {stream}: {why}",
     "look after the NATS cluster, and check again"},
    {FindingArea::stream, "stream_absent", FindingLevel::note,
     "there is no stream {stream} yet: waljet run creates it for {subjects}", "nothing"},
    {FindingArea::stream, "stream_missing", FindingLevel::error,
     "there is no stream {stream}, and sink.stream.create is false", "create it for {subjects}"},
    {FindingArea::stream, "stream_overlap", FindingLevel::error,
     "stream {stream} has to be created for {subjects}, and some of them are taken by {others}",
     "choose that one by sink.stream.name, or other subjects by sink.subject"},
    {FindingArea::stream, "stream_subjects", FindingLevel::error,
     "stream {stream} takes {taken}, which does not cover {subjects}",
     "add them to the stream, or choose another by sink.stream.name or sink.subject"},
    {FindingArea::stream, "stream_mirror", FindingLevel::error,
     "stream {stream} is a mirror, which takes no events", "choose another by sink.stream.name"},
    {FindingArea::stream, "stream_sealed", FindingLevel::error,
     "stream {stream} is sealed and takes no events", "choose another by sink.stream.name"},
    {FindingArea::stream, "stream_no_ack", FindingLevel::error,
     "stream {stream} does not acknowledge (no_ack), so nothing would ever be known as stored",
     "edit the stream: no_ack false"},
    {FindingArea::stream, "stream_retention", FindingLevel::error,
     "stream {stream} has retention {retention}, which strict fencing cannot work with",
     "choose a stream with retention limits; or sink.fencing off, a weaker promise"},
    {FindingArea::stream, "stream_transform", FindingLevel::error,
     "stream {stream} renames what it stores (subject_transform), which strict fencing cannot work "
     "with",
     "take subject_transform out of the stream"},
    {FindingArea::stream, "stream_sources", FindingLevel::error,
     "stream {stream} draws from other streams (sources), which strict fencing cannot work with",
     "choose a stream without sources; or sink.fencing off, a weaker promise"},
    {FindingArea::stream, "stream_delete_markers", FindingLevel::error,
     "stream {stream} writes markers of its own (subject_delete_marker_ttl), which strict fencing "
     "cannot work with",
     "take subject_delete_marker_ttl out of the stream"},
    {FindingArea::stream, "stream_removes_read", FindingLevel::warning,
     "stream {stream} has retention {retention}: what its consumers have acknowledged is removed, "
     "and with interest what nobody consumes is never kept",
     "choose a stream with retention limits"},
    {FindingArea::stream, "stream_memory", FindingLevel::warning,
     "stream {stream} is in memory: a restart of NATS empties it, and then --accept-gap is needed",
     "choose a stream on file"},
    {FindingArea::stream, "stream_one_replica", FindingLevel::note,
     "stream {stream} has one replica: while its host is away, nothing is published, and a power "
     "cut takes what its disk had not yet (confirm_delay covers that)",
     "three replicas in a cluster"},
    {FindingArea::stream, "stream_per_subject", FindingLevel::warning,
     "stream {stream} keeps {limit} messages of a subject (max_msgs_per_subject): older changes "
     "are removed, read or not",
     "edit the stream: max_msgs_per_subject -1"},
    {FindingArea::stream, "stream_limits", FindingLevel::note,
     "stream {stream} removes its oldest events, read or not, beyond {limits}",
     "see that consumers are never away for longer"},
    {FindingArea::stream, "stream_discard_new", FindingLevel::note,
     "stream {stream} takes nothing when it is full ({limits}, discard new): nothing is lost, and "
     "the slot keeps WAL meanwhile",
     "watch how full it is"},
    {FindingArea::stream, "stream_nearly_full", FindingLevel::warning,
     "stream {stream} is full by {percent} % of {limit}, and then takes nothing (discard new)",
     "raise the limit, or have events removed"},
    {FindingArea::stream, "stream_republish", FindingLevel::note,
     "stream {stream} publishes each stored event once more (republish), which costs throughput",
     "take republish out, if nobody listens"},
    {FindingArea::stream, "stream_rollup", FindingLevel::note,
     "stream {stream} allows rollups: whoever may publish to it may remove events",
     "edit the stream: allow_rollup_hdrs false"},
    {FindingArea::stream, "foreign_messages", FindingLevel::warning,
     "of the newest messages in stream {stream} {count} are not waljet's, the last one on "
     "{subject}: "
     "strict fencing needs a stream that nobody else writes to",
     "take the other writer's subjects out of the stream; or sink.fencing off, a weaker promise"},

    // ---- delivery ----
    {FindingArea::delivery, "resume_gap", FindingLevel::error,
     "slot and stream do not fit together: {why}",
     "mend it, or start waljet run once with --accept-gap"},
    {FindingArea::delivery, "resume_divergence", FindingLevel::error,
     "what is stored is of another history: {why}",
     "mend it, or start waljet run once with --accept-divergence"},
    {FindingArea::delivery, "record_unreadable", FindingLevel::error,
     "what is stored cannot be read: {why}", "do what it says, and check again"},
    {FindingArea::delivery, "fencing_off", FindingLevel::note,
     "fencing is off: what comes again after the stream's duplicate window ({window}) is stored "
     "twice, and two publishers are not told apart",
     "a stream for this source alone, and sink.fencing strict"},
    {FindingArea::delivery, "confirm_delay_short", FindingLevel::warning,
     "confirm_delay is {delay}, and the stream has one replica on file: a power cut takes what "
     "nats-server had not synced (up to 2 min), and PostgreSQL may not have it any more",
     "sink.confirm_delay auto"},
    {FindingArea::delivery, "confirm_delay_window", FindingLevel::error,
     "confirm_delay is {delay}: without fencing at most half of the stream's duplicate window "
     "({window}) is possible",
     "sink.confirm_delay auto, or a larger duplicate_window"},
};

constexpr size_t finding_index(std::string_view id) {
  size_t index = 0;
  while (index < std::size(finding_table) && finding_table[index].id != id) ++index;
  return index;
}

// The words of a sentence by their names.
using FindingWords = std::initializer_list<std::pair<std::string_view, std::string>>;
Finding make_finding(const FindingSpec& spec, FindingWords words);

// An id of the table: what is none does not compile.
struct FindingId {
  consteval FindingId(const char* id) : spec(&finding_table[finding_index(id)]) {}
  const FindingSpec* spec;
};

class FindingList {
 public:
  void add(FindingId id, FindingWords words = {}) {
    findings_.push_back(make_finding(*id.spec, words));
  }
  bool has(FindingId id) const {
    return std::any_of(findings_.begin(), findings_.end(),
                       [&](const Finding& finding) { return finding.spec == id.spec; });
  }
  const Findings& all() const { return findings_; }

 private:
  Findings findings_;
};

// A few of many names: `a, b, c and 9 more`.
std::string some_of(const std::vector<std::string>& names);

}  // namespace waljet
