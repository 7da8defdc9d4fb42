#!lua flags=no-writes
-- Reads a record and what is sealed in it, in one piece.
-- KEYS: record people data evidence
-- Returns {fields, {people, data, evidence}}.
return { redis.call('HGETALL', KEYS[1]), redis.call('MGET', KEYS[2], KEYS[3], KEYS[4]) }
