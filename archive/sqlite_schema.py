"""The tables of the SQLite index. A change here raises SCHEMA_VERSION, and old indexes are made again."""

from archive import sqlite_works

SCHEMA_VERSION = 5

SCHEMA = """
CREATE TABLE warcs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    indexed INTEGER NOT NULL DEFAULT 0      -- bytes whose records are all in this index
) STRICT;
CREATE TABLE captures (
    seq INTEGER PRIMARY KEY,                -- order of writing
    id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    fetched_at TEXT NOT NULL,               -- UTC with microseconds, so that text order is time order
    kind TEXT NOT NULL,
    status INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    payload_digest TEXT NOT NULL,
    entity_digest TEXT NOT NULL,
    refers_to TEXT,
    truncated TEXT,
    warc INTEGER NOT NULL REFERENCES warcs,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL
) STRICT;
CREATE INDEX captures_url ON captures (url, fetched_at);
CREATE INDEX captures_entity ON captures (entity_digest);
CREATE INDEX captures_payload ON captures (payload_digest);
CREATE INDEX captures_orphaned ON captures (refers_to) WHERE entity_digest = '';
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL,
    work INTEGER REFERENCES works
) STRICT;
CREATE TABLE document_aliases (
    key TEXT PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents
) STRICT, WITHOUT ROWID;
CREATE TABLE works (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again: a sketch may outlive its version
    key TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL REFERENCES documents,
    language TEXT NOT NULL,
    title TEXT,
    title_key TEXT,                         -- archive.index.title_key
    recipe TEXT NOT NULL,
    near TEXT NOT NULL,
    iscc TEXT NOT NULL,
    iscc_form TEXT NOT NULL,
    warc INTEGER NOT NULL REFERENCES warcs, -- its text
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sketched INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX versions_document ON versions (document);
CREATE INDEX versions_language ON versions (id, language);  -- the rows themselves are wide
CREATE INDEX versions_title ON versions (title_key) WHERE title_key IS NOT NULL;
CREATE INDEX versions_unsketched ON versions (id) WHERE NOT sketched;
CREATE TABLE aliases (                      -- every exact part ever given out, of versions themselves too
    key TEXT PRIMARY KEY,
    version INTEGER NOT NULL REFERENCES versions
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_version ON aliases (version);
CREATE TABLE readings (
    capture INTEGER PRIMARY KEY REFERENCES captures,
    version INTEGER NOT NULL REFERENCES versions,
    relation TEXT NOT NULL,
    recipe TEXT NOT NULL,
    exact TEXT NOT NULL,
    near TEXT NOT NULL,
    iscc TEXT NOT NULL,
    iscc_form TEXT NOT NULL,
    language TEXT NOT NULL,
    title TEXT,
    publisher TEXT,
    published_at TEXT,
    text_id TEXT NOT NULL,
    text_warc INTEGER NOT NULL REFERENCES warcs,
    text_offset INTEGER NOT NULL,
    text_length INTEGER NOT NULL,
    warc INTEGER NOT NULL REFERENCES warcs, -- the metadata record
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    fresh INTEGER NOT NULL DEFAULT 0,       -- may be a change: archive.sqlite_arrivals
    day TEXT NOT NULL                       -- it was published or, where the page says none, captured
) STRICT;
CREATE INDEX readings_fresh ON readings (capture) WHERE fresh;
CREATE INDEX readings_version ON readings (version, day, relation, publisher); -- and of searches
CREATE INDEX readings_day ON readings (day, version, relation, publisher);
CREATE INDEX readings_text ON readings (text_id);
CREATE INDEX readings_iscc ON readings (iscc);
CREATE INDEX readings_iscc_form ON readings (iscc_form);
CREATE TABLE refusals (
    capture INTEGER PRIMARY KEY REFERENCES captures,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE links (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES aliases, -- exact parts: a link is between texts
    target TEXT NOT NULL REFERENCES aliases,
    relation TEXT NOT NULL,
    score REAL NOT NULL,
    evidence TEXT NOT NULL,                 -- JSON of archive.records.Evidence
    recipe TEXT NOT NULL,
    UNIQUE (source, target, relation)
) STRICT;
CREATE INDEX links_target ON links (target);
CREATE TABLE unlinks (                      -- what a person has put apart, both ways round
    source TEXT NOT NULL REFERENCES aliases,
    target TEXT NOT NULL REFERENCES aliases,
    said_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (source, target)
) STRICT, WITHOUT ROWID;
CREATE TABLE adoptions (                    -- records that refer to files of others
    seq INTEGER PRIMARY KEY,
    file INTEGER NOT NULL REFERENCES warcs,
    warc INTEGER NOT NULL REFERENCES warcs,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    UNIQUE (warc, offset)
) STRICT;
CREATE TABLE tombstones (                   -- captures that were taken down
    seq INTEGER PRIMARY KEY,
    capture TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL                   -- JSON of archive.records.Tombstone
) STRICT;
CREATE TABLE taken_keys (                   -- of texts that were taken down
    key TEXT PRIMARY KEY,
    tombstone INTEGER NOT NULL REFERENCES tombstones
) STRICT, WITHOUT ROWID;
"""
SCHEMA += sqlite_works.SCHEMA

# What `Index.dump` prints: every fact, none of the internal numbers.
DUMP = (
    "SELECT 'warc', name, indexed FROM warcs ORDER BY name",
    "SELECT 'capture', c.id, url, fetched_at, kind, status, media_type, payload_digest, entity_digest,"
    " refers_to, truncated, w.name, offset, length"
    " FROM captures c JOIN warcs w ON w.id = c.warc ORDER BY c.seq",
    "SELECT 'document', d.key, language, w.key FROM documents d"
    " LEFT JOIN works w ON w.id = d.work ORDER BY d.key",
    "SELECT 'document alias', a.key, d.key FROM document_aliases a"
    " JOIN documents d ON d.id = a.document ORDER BY a.key",
    "SELECT 'version', v.key, d.key, v.language, title, recipe, near, iscc, iscc_form, w.name, offset, length"
    " FROM versions v JOIN documents d ON d.id = v.document JOIN warcs w ON w.id = v.warc ORDER BY v.key",
    "SELECT 'alias', a.key, v.key FROM aliases a JOIN versions v ON v.id = a.version ORDER BY a.key",
    "SELECT 'reading', c.id, v.key, relation, r.recipe, exact, r.near, r.iscc, r.iscc_form, r.language,"
    " r.title, publisher, published_at, text_id, text_offset, text_length, w.name, r.offset, r.length"
    " FROM readings r JOIN captures c ON c.seq = r.capture JOIN versions v ON v.id = r.version"
    " JOIN warcs w ON w.id = r.warc ORDER BY r.capture",
    "SELECT 'refusal', c.id, stage, reason FROM refusals r"
    " JOIN captures c ON c.seq = r.capture ORDER BY r.capture",
    "SELECT 'link', source, target, relation, score, evidence, recipe FROM links ORDER BY id",
    "SELECT 'unlink', source, target, said_by, reason FROM unlinks ORDER BY source, target",
    "SELECT 'tombstone', capture, content FROM tombstones ORDER BY seq",
    *sqlite_works.DUMP,
    "SELECT 'adoption', f.name, w.name, a.offset, a.length FROM adoptions a"
    " JOIN warcs f ON f.id = a.file JOIN warcs w ON w.id = a.warc ORDER BY a.seq",
)

# The last record that a row refers to, for each WARC file.
ENDS = (
    "SELECT name, MAX(offset), length FROM ("
    " SELECT warc, offset, length FROM captures"
    " UNION ALL SELECT warc, offset, length FROM readings"
    " UNION ALL SELECT text_warc, text_offset, text_length FROM readings"
    " UNION ALL SELECT warc, offset, length FROM adoptions"
    ") JOIN warcs ON warcs.id = warc GROUP BY warc ORDER BY name"
)

# What can be wrong beyond the references that SQLite checks itself.
FAULTS = (
    (
        "SELECT key FROM versions v WHERE NOT EXISTS (SELECT 1 FROM readings WHERE version = v.id)",
        "the version {0} has no reading",
    ),
    (
        "SELECT key FROM documents d WHERE NOT EXISTS (SELECT 1 FROM versions WHERE document = d.id)",
        "the document {0} has no version",
    ),
    (
        "SELECT c.id FROM captures c JOIN warcs w ON w.id = c.warc WHERE offset + length > indexed",
        "the capture {0} lies behind the end of what is indexed of its file",
    ),
    (
        "SELECT c.id FROM readings r JOIN captures c ON c.seq = r.capture"
        " JOIN warcs w ON w.id = r.warc WHERE r.offset + r.length > indexed",
        "the reading of {0} lies behind the end of what is indexed of its file",
    ),
)
