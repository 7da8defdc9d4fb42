package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/templates"
)

// compose reads the project's compose file as `docker compose` does.
func compose(t *testing.T) *types.Project {
	t.Helper()
	file := filepath.Join("..", "..", "docker-compose.yml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: filepath.Dir(file), ConfigFiles: []types.ConfigFile{{Filename: file, Content: text}},
	}, func(o *loader.Options) { o.SetProjectName("bohoja", true) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestComposeStartsAsItIs starts nothing: it checks that the environment which the compose file gives makes a
// configuration without faults, and that Redis is started as serve demands.
func TestComposeStartsAsItIs(t *testing.T) {
	p := compose(t)
	service := p.Services["bohoja"]
	var environ []string
	for name, value := range service.Environment {
		environ = append(environ, name+"="+*value)
	}
	w := &world{environ: environ}
	l := config.Load(config.Source{Environ: environ})
	if !l.Settings.Demo {
		t.Fatal("the compose file starts no demonstration")
	}
	l, key := w.loadDemo()
	if faults := l.Check(templates.Languages()); len(faults) > 0 {
		t.Errorf("the settings have faults: %v", faults)
	}
	if !strings.HasPrefix(key, "bhj_test_sk_") {
		t.Errorf("the demonstration's key is no test key")
	}
	if !l.Settings.Test.Mail {
		t.Error("the letters of the test key would go nowhere")
	}
	command := strings.Join(p.Services["redis"].Command, " ")
	for _, want := range []string{"--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"} {
		if !strings.Contains(command, want) {
			t.Errorf("redis is started without %s", want)
		}
	}
}

// TestComposeNamesHoldTogether: hosts in URLs are services, volumes and files exist.
func TestComposeNamesHoldTogether(t *testing.T) {
	p := compose(t)
	service := p.Services["bohoja"]
	for _, c := range []struct{ setting, host string }{
		{"BOHOJA_REDIS__URL", "redis"}, {"BOHOJA_SMTP__URL", "mail"},
	} {
		if v := service.Environment[c.setting]; v == nil || !strings.Contains(*v, "//"+c.host+":") {
			t.Errorf("%s does not lead to the service %s", c.setting, c.host)
		}
		if _, ok := p.Services[c.host]; !ok {
			t.Errorf("there is no service %s", c.host)
		}
		if _, ok := service.DependsOn[c.host]; !ok {
			t.Errorf("bohoja does not wait for %s", c.host)
		}
	}
	if _, err := os.Stat(filepath.Join("..", "..", service.Build.Dockerfile)); err != nil {
		t.Error(err)
	}
	for _, v := range service.Volumes {
		if _, ok := p.Volumes[v.Source]; v.Type == types.VolumeTypeVolume && !ok {
			t.Errorf("the volume %s is not declared", v.Source)
		}
	}
	for name, s := range p.Services {
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s listens beyond this host", name)
			}
		}
	}
}

// TestImageFitsTheCompose: what the compose file mounts is what the image writes to.
func TestImageFitsTheCompose(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range compose(t).Services["bohoja"].Volumes {
		if !strings.Contains(string(text), "="+v.Target) {
			t.Errorf("the image does not use %s", v.Target)
		}
	}
	lines := strings.Split(string(text), "\n")
	for _, want := range []string{"USER 65532:65532", `ENTRYPOINT ["/bohoja"]`, `CMD ["serve"]`} {
		if !slices.Contains(lines, want) {
			t.Errorf("the image lacks %s", want)
		}
	}
}

// TestImageHoldsNothingElse: sources, and what the tree remembers of itself, stay outside of the image that is handed out.
func TestImageHoldsNothingElse(t *testing.T) {
	image, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, last, found := strings.Cut(string(image), "\nFROM scratch\n")
	var copied []string
	for _, line := range strings.Split(last, "\n") {
		if words := strings.Fields(line); len(words) > 2 && (words[0] == "COPY" || words[0] == "ADD") {
			copied = append(copied, words[len(words)-2])
		}
	}
	if want := []string{"/etc/ssl/certs/ca-certificates.crt", "/out/bohoja", "/out/data"}; !found || !slices.Equal(copied, want) {
		t.Errorf("the image holds %v, want %v", copied, want)
	}
	left, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".git", "keys", "audit"} {
		if !slices.Contains(strings.Fields(string(left)), want) {
			t.Errorf("%s goes to whoever builds the image", want)
		}
	}
}
