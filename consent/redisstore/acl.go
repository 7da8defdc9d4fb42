package redisstore

import "strings"

// What this program asks of a server and nothing else: its scripts' own commands, checked against their sources by a test,
// and those that it sends itself, under which every suite passes. eval is there for a script that the server does not know
// yet; info and config|get for Safety.
var (
	scriptCommands = "time get set setnx mget del exists pexpire " +
		"hget hset hsetnx hdel hmget hgetall hexists hincrby hkeys hlen " +
		"zadd zrem zcount zrange zrangebyscore zremrangebyscore zscore zrank xadd xrange xrevrange xinfo|stream"
	ownCommands = "ping info config|get evalsha eval incrby hvals hscan zrevrange zcard zmscore zrangebylex zrevrangebylex xlen xtrim sadd smembers"
	// clusterCommands are for a cluster's clients, which ask where a key is and what a command's keys are.
	clusterCommands = "cluster|slots command readonly asking"
)

// ACL is the line for an ACL file by which a user of Redis may do what Bohoja needs, with its own keys alone. The password
// stands for the operator's.
func ACL(cluster bool) string {
	commands := scriptCommands + " " + ownCommands
	if cluster {
		commands += " " + clusterCommands
	}
	words := strings.Fields("user bohoja on >PASSWORD resetchannels resetkeys ~" + Live.prefix() + "* ~" + Test.prefix() + "* -@all")
	for _, c := range strings.Fields(commands) {
		words = append(words, "+"+c)
	}
	return strings.Join(words, " ")
}
