// Command msp runs standard operating procedures and proves that they were
// done.
package main

import (
	"context"
	"os"

	"github.com/msp-runbook/msp/cmd"
)

func main() {
	os.Exit(cmd.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
