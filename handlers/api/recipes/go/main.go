// Command go signs up a child, verifies the webhook and collects the data: the whole integration of a shop.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/bohoja/bohoja/consent/webhook"
	"github.com/bohoja/bohoja/handlers/api/client"
)

func main() {
	ctx, done := context.WithCancel(context.Background())
	c := &client.Client{Base: os.Getenv("BOHOJA_PUBLIC_URL"), Key: os.Getenv("BOHOJA_API_KEY")}
	http.HandleFunc("POST /hooks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		var e client.Event
		if err != nil || webhook.Verify(os.Getenv("BOHOJA_WEBHOOK_SECRET"), r.Header, body, time.Now(), 0) != nil || json.Unmarshal(body, &e) != nil {
			w.WriteHeader(http.StatusUnauthorized)
		} else if e.Type == "consent.granted" { // every other type is news as well; 200 says that it is understood
			given, err := c.Release(r.Context(), e.Data.ID)
			fmt.Println(given.Subject, string(given.Data["nickname"]), err) // store it here, before the next line
			log.Println(c.Ack(r.Context(), e.Data.ID))                      // now the service destroys its copy
			done()
		}
	})
	server := http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), ReadHeaderTimeout: 5 * time.Second}
	go func() { log.Fatal(server.ListenAndServe()) }()
	notice, _ := c.Notice(ctx, "ko") // show notice.HTML to the child before the guardian's name is asked
	made, err := c.Create(ctx, "signup-of-"+os.Getenv("SUBJECT"), client.Request{Subject: os.Getenv("SUBJECT"), Notice: client.NoticeShown{Version: notice.Version}, Child: client.Child{Name: "김하늘", BirthDate: "2016-03-02"},
		Guardian: client.Guardian{Name: "김보호", Email: "approve+go@guardian.test"}, Data: map[string]any{"nickname": "하늘이"}})
	log.Println(made.ChildPage, err) // send the child there
	<-ctx.Done()
}
