package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/webhook"
)

const recipesDir = "../../handlers/api/recipes"

// recipes are how each is run; the last of them is the one that ends by itself.
var recipes = map[string][][]string{
	"go":     {{"go", "run", "."}},
	"python": {{"python3", "../recipe.py"}},
	"node":   {{"node", "../recipe.mjs"}},
	"php":    {{"php", "-S", "127.0.0.1:PORT", "../recipe.php"}, {"php", "../recipe.php"}},
}

// maxRecipe is how many lines a recipe may have.
const maxRecipe = 40

func TestRecipesAreShort(t *testing.T) {
	files, err := filepath.Glob(recipesDir + "/recipe.*")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, name := range append(files, recipesDir+"/go/main.go") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > maxRecipe {
			t.Errorf("%s has %d lines", name, n)
		}
	}
}

// wordRecipe declares a recipe's webhook, runs it, and sees that it got the data and that nothing of it is held any more.
func (s *story) wordRecipe(ts *testscript.TestScript, _ bool, args []string) {
	name := one(ts, args)
	if _, err := exec.LookPath(recipes[name][0][0]); err != nil && os.Getuid() != 0 {
		s.t.Logf("%s is not installed here, and only root can do that (.ci/tools): its recipe is left to those who have it", recipes[name][0][0])
		return
	}
	port, secret := consenttest.FreePort(s.t), webhook.NewSecret().Reveal()
	file := filepath.Join(s.dir, "bohoja.yaml")
	text := ts.ReadFile(file)
	before, after, ok := strings.Cut(text, "    webhooks: ")
	_, after, more := strings.Cut(after, "\n")
	if !ok || !more {
		ts.Fatalf("bohoja.yaml declares no webhooks")
	}
	text = before + "    webhooks: [{url: http://127.0.0.1:" + port + "/hooks, secret: " + secret + "}]\n" + after
	ts.Check(os.WriteFile(file, []byte(text), 0o600))
	s.wordExits(ts, false, []string{"0", "apps", "reload"})
	environ := append(os.Environ(), "BOHOJA_PUBLIC_URL="+ts.Getenv("URL"), "BOHOJA_API_KEY="+s.keys["test"], "BOHOJA_WEBHOOK_SECRET="+secret,
		"PORT="+port, "SUBJECT=user-"+name)
	var said saying
	start := time.Now()
	for i, words := range recipes[name] {
		cmd := s.launchRecipe(ts, &said, environ, strings.Fields(strings.ReplaceAll(strings.Join(words, " "), "PORT", port)))
		if i == len(recipes[name])-1 {
			s.ended(ts, cmd, &said)
		}
	}
	s.standing(ts, "user-"+name)
	wait(ts, func() bool {
		return strings.Contains(said.String(), "user-"+name+" ") && strings.Contains(said.String(), "하늘이")
	}, "%s to print the data: %s", name, said.String())
	s.t.Logf("%s: signed up, verified, collected in %s", name, time.Since(start).Round(10*time.Millisecond))
}

func (s *story) launchRecipe(ts *testscript.TestScript, said *saying, environ, words []string) *exec.Cmd {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = recipesDir+"/go", environ, said, said
	cmd.WaitDelay = time.Second
	ts.Check(cmd.Start())
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if words[1] == "-S" {
		wait(ts, func() bool { return strings.Contains(said.String(), "started") }, "the server of the recipe: %s", said.String())
	}
	return cmd
}

// ended waits until a recipe has ended well.
func (s *story) ended(ts *testscript.TestScript, cmd *exec.Cmd, said *saying) {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			ts.Fatalf("%v: %v\n%s", cmd.Args, err, said.String())
		}
	case <-time.After(patience):
		ts.Fatalf("%v does not end:\n%s", cmd.Args, said.String())
	}
}

// standing waits until the subject's consent is granted and its data was collected.
func (s *story) standing(ts *testscript.TestScript, subject string) {
	wait(ts, func() bool {
		a := s.ask(ts, s.keys["test"], "GET", "/v1/consent-requests?subject="+subject, "")
		return strings.Contains(a.body, `"status":"granted"`) && strings.Contains(a.body, `"custody":"destroyed"`)
	}, "%s to be granted and collected", subject)
}
