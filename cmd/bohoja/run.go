package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"slices"

	"github.com/redis/go-redis/v9/logging"
	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
)

// Exit codes.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2 // wrong usage or configuration
	exitAmiss  = 3 // the check itself went well, and something is amiss
)

// world is everything that a command has to do with outside of itself, so that tests start commands as main does.
type world struct {
	environ []string
	stdin   io.Reader
	out     io.Writer
	err     io.Writer

	file   string   // --config
	set    []string // --set
	asJSON bool     // --json

	seed [32]byte // random; the keys of a demonstration are made of it
}

// ended is an error that names its exit code. A silent one was told already.
type ended struct {
	code   int
	err    error
	silent bool
}

// Error implements error.
func (e *ended) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *ended) Unwrap() error { return e.err }

// run executes one command line and returns its exit code. environ has the form of os.Environ.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	logging.Disable() // the Redis client writes to standard error past our log; what fails comes back as an error anyway
	out := &counted{Writer: stdout}
	w := &world{environ: environ, stdin: stdin, out: out, err: stderr}
	_, _ = rand.Read(w.seed[:]) // crypto/rand never returns an error (Go 1.24)
	root := w.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitFine
	}
	// What comes from cobra itself is about the command line; act has marked all that commands return.
	end, ok := errors.AsType[*ended](err)
	if !ok {
		end = &ended{code: exitUsage, err: err}
	}
	if !end.silent {
		w.fail("bohoja: %v", end.err)
	}
	if slices.Contains(args, "--json") && out.n == 0 {
		_ = w.print(failure{end.Error(), end.code})
	}
	return end.code
}

// failure is what --json prints when a command has nothing else to print.
type failure struct {
	Error string `json:"error"`
	Exit  int    `json:"exit"`
}

// root builds the tree of commands.
func (w *world) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "bohoja",
		Short: "Parental consent for signups of children",
		Long: "Bohoja asks guardians for consent before a child's data is used: it mails a signed link,\nkeeps the data sealed until the guardian decides, and hands it over once, or destroys it.\n\n" +
			"Begin with `bohoja dev`: it needs nothing installed. Then `bohoja config init`, `bohoja doctor`, `bohoja serve`.\n" +
			"Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration, 3 checked, and something is amiss.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&w.file, "config", "", "YAML file with settings and apps (default $BOHOJA_CONFIG, else ./"+config.DefaultFile+" if there is one)")
	flags.StringArrayVar(&w.set, "set", nil, "a setting as name=value, as in the YAML file; repeatable; wins over file and environment")
	flags.BoolVar(&w.asJSON, "json", false, "print data as JSON, also what went wrong")
	for _, command := range commands {
		root.AddCommand(command(w))
	}
	byUse(root)
	return root
}

// act makes a cobra function of a command: an error that names no exit code means that the command failed.
func act(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := f(cmd, args)
		if err == nil {
			return nil
		}
		if _, ok := errors.AsType[*ended](err); ok {
			return err
		}
		return &ended{code: codeOf(err), err: err}
	}
}

// codeOf tells faults of the configuration from everything else that can go wrong.
func codeOf(err error) int {
	_, settings := errors.AsType[config.Faults](err)
	_, declarations := errors.AsType[consent.Faults](err)
	if settings || declarations {
		return exitUsage
	}
	return exitFailed
}

// group makes a command that only holds others; alone it is wrong usage, and shows them.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		cmd.SetOut(cmd.ErrOrStderr())
		_ = cmd.Usage()
		return errors.New("which one? see above")
	}}
	g.AddCommand(children...)
	return g
}

// usage is an error about the command line.
func usage(err error) error { return &ended{code: exitUsage, err: err} }

// amiss ends a check that found something and has told it.
func amiss() error {
	return &ended{code: exitAmiss, err: errors.New("something is amiss"), silent: true}
}

// refused ends a command whose faults were told.
func refused() error {
	return &ended{code: exitUsage, err: errors.New("the configuration has faults"), silent: true}
}

// inForce reads the settings as serve would have them: with the built-in app in a demonstration.
func (w *world) inForce() *config.Loaded {
	l := w.load()
	if l.Settings.Demo {
		l, _ = w.loadDemo()
	}
	return l
}

// load reads the settings as file, environment and flags give them.
func (w *world) load() *config.Loaded {
	return config.Load(config.Source{File: w.file, Environ: w.environ, Set: w.set})
}
