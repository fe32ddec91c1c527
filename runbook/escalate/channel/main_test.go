package channel

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also is the command that a channel of the type exec starts.
func TestMain(m *testing.M) {
	if folder := os.Getenv("CHANNEL_COMMAND"); folder != "" {
		os.Exit(command(folder))
	}
	if url := os.Getenv("CHANNEL_PROXIED"); url != "" {
		os.Exit(proxied(url))
	}
	goleak.VerifyTestMain(m)
}

// command reads a message and does what the file mode in its folder says.
func command(folder string) int {
	mode, err := os.ReadFile(folder + "/mode")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	message, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 2
	}
	switch behaviour(mode) {
	case accepts:
		if os.WriteFile(folder+"/got", message, 0o600) != nil {
			return 2
		}
		return 0
	case hangs:
		told := make(chan os.Signal, 1)
		signal.Notify(told, os.Interrupt)
		<-told
	case drops:
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		<-make(chan int)
	default:
		fmt.Fprintf(os.Stderr, "can't send with %s\n%s", os.Getenv("CHANNEL_TOKEN"), message)
	}
	return 1
}
