// Command toolbox is what the tests run inside the cluster: a process that only waits, a client, and a receiver of
// Alertmanager's webhooks. Under the name of a shell it does nothing, and succeeds.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

var commands = map[string]func(arguments []string) error{
	"pause":            pause,
	"get":              get,
	"resolve":          resolve,
	"write":            write,
	"receive-webhooks": receiveWebhooks,
}

func main() {
	if filepath.Base(os.Args[0]) == "sh" {
		fmt.Printf("the stand-in for a shell leaves out: %q\n", os.Args[1:])
		return
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: toolbox pause | get [flags] URL | resolve NAME | write FILE CONTENT | receive-webhooks [flags]")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
