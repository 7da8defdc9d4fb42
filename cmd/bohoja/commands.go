package main

import "github.com/spf13/cobra"

// commands makes every command of the tree, in the order of the help text. cobra adds `completion` and `help`.
var commands = []func(*world) *cobra.Command{
	serveCommand, devCommand, doctorCommand, configCommand, appsCommand, requestsCommand, outboxCommand, webhooksCommand, gateCommand, keysCommand, auditCommand, staffCommand,
	healthcheckCommand, versionCommand,
}
