package redisstore

// ScriptCommands shows the tests what scripts are allowed.
func ScriptCommands() string { return scriptCommands }
