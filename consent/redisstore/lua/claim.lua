#!lua
-- Sets a fingerprint for ever, unless there is one.
-- KEYS: claim
-- ARGV: fingerprint
-- Returns the fingerprint that stands.
redis.call('SETNX', KEYS[1], ARGV[1])
return redis.call('GET', KEYS[1])
