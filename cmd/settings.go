package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/viper"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/anchor"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/record"
)

// Settings are what a user or a workspace may choose. They come from the
// user's config.yaml, then msp.yaml of the workspace, then MSP_* variables.
// Files and Commands say what a runbook's secrets mean, TSAs, Witnesses, Channels
// and Deadman whom msp talks to over the network; only the user's own
// configuration may say that.
type Settings struct {
	Client         string              `mapstructure:"client"`
	Key            string              `mapstructure:"key"`             // the operator key's name
	Agent          bool                `mapstructure:"agent"`           // an ssh-agent signs with the key
	BlobLimit      int64               `mapstructure:"blob_limit"`      // bytes
	StatementLimit int                 `mapstructure:"statement_limit"` // bytes
	Files          map[string]string   `mapstructure:"files"`
	Commands       map[string][]string `mapstructure:"commands"`
	TSAs           []tsaSetting        `mapstructure:"tsa"`
	Witnesses      []witnessSetting    `mapstructure:"witnesses"`
	AnchorTimeout  time.Duration       `mapstructure:"anchor_timeout"` // for all of them together

	Channels map[string]channelSetting `mapstructure:"channels"` // by which notices are sent
	Deadman  any                       `mapstructure:"deadman"`  // a URL that a good tick asks for

	Lint lint.Settings `mapstructure:"lint"` // how much each of lint's rules matters
}

// place is where a command works.
type place struct {
	Settings
	Workspace string // the folder of msp.yaml; "" without one
	Folder    string // where steps work: the workspace, else the current folder
	Config    string // the user's configuration folder
	State     string // the folder with the evidence

	opened func() (workspace, error) // what lies in the folder of runbooks
}

const (
	workspaceFile  = "msp.yaml"
	defaultClient  = "local"
	defaultKeyName = "operator"
)

// place finds the workspace and reads the settings.
func (a *app) place() (*place, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	p := &place{Folder: here}
	if p.Config, err = configFolder(); err != nil {
		return nil, err
	}
	if p.Workspace, err = findWorkspace(here); err != nil {
		return nil, err
	}
	if p.Workspace != "" {
		p.Folder = p.Workspace
	}
	if p.Settings, err = readSettings(p.Config, p.Workspace); err != nil {
		return nil, err
	}
	if a.flags.client != "" {
		p.Client = a.flags.client
	}
	if !runbook.ValidID(p.Client) {
		return nil, hint(fmt.Errorf("%q can't be the id of a client", p.Client), "lower-case letters, digits and hyphens, such as acme")
	}
	if p.State, err = stateFolder(a.flags.state, p.Workspace); err != nil {
		return nil, err
	}
	if info, err := os.Stat(p.State); err == nil && !info.IsDir() {
		return nil, usageError(fmt.Errorf("%s is no folder", p.State), "--state names the folder with the evidence")
	}
	p.opened = openWorkspace(p)
	return p, nil
}

// configFolder is where keys and the user's own settings lie.
func configFolder() (string, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return "", hint(fmt.Errorf("there is no place for the configuration: %w", err), "set HOME or XDG_CONFIG_HOME")
	}
	return filepath.Join(base, "msp"), nil
}

func stateFolder(flag, workspace string) (string, error) {
	switch {
	case flag != "":
		return filepath.Abs(flag)
	case workspace != "":
		return filepath.Join(workspace, ".msp"), nil
	default:
		data, err := dataFolder()
		return filepath.Join(data, "msp"), err
	}
}

func dataFolder() (string, error) {
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return data, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", hint(fmt.Errorf("there is no place for the evidence: %w", err), "set HOME, or work in a folder with an msp.yaml: msp init")
	}
	switch runtime.GOOS {
	case "windows":
		return os.UserCacheDir() // %LocalAppData%
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "msp-data"), nil
	default:
		return filepath.Join(home, ".local", "share"), nil
	}
}

// findWorkspace looks for msp.yaml upwards from a folder. One that belongs to
// another user is refused: its owner would decide what runs here.
func findWorkspace(folder string) (string, error) {
	for {
		info, err := os.Stat(filepath.Join(folder, workspaceFile))
		if err == nil {
			if !ownedByMe(info) || !folderOwnedByMe(folder) {
				return "", hint(fmt.Errorf("the workspace %s belongs to another user", folder), "work in a copy of your own, or have its owner hand it to you with chown")
			}
			return folder, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", nil
		}
		folder = parent
	}
}

func folderOwnedByMe(folder string) bool {
	info, err := os.Stat(folder)
	return err == nil && ownedByMe(info)
}

func readSettings(config, workspace string) (Settings, error) {
	v := viper.New()
	v.SetConfigType("yaml")
	v.SetDefault("client", defaultClient)
	v.SetDefault("key", defaultKeyName)
	v.SetDefault("blob_limit", evidence.DefaultBlobLimit)
	v.SetDefault("statement_limit", record.MaxStatement)
	v.SetDefault("anchor_timeout", anchor.DefaultLimit)
	if err := merge(v, filepath.Join(config, "config.yaml")); err != nil {
		return Settings{}, err
	}
	if workspace != "" {
		if err := mergeWorkspace(v, filepath.Join(workspace, workspaceFile)); err != nil {
			return Settings{}, err
		}
	}
	v.SetEnvPrefix("msp")
	for _, key := range []string{"client", "key", "agent", "blob_limit", "statement_limit", "anchor_timeout", "deadman"} {
		v.BindEnv(key) //nolint:errcheck // fails without a key only
	}
	var s Settings
	if err := v.UnmarshalExact(&s); err != nil {
		said := strings.TrimPrefix(err.Error(), "decoding failed due to the following error(s):")
		return s, hint(fmt.Errorf("the settings: %s", strings.Join(strings.Fields(said), " ")), "look at %s and at your own config.yaml: each key has to be one that msp reads", workspaceFile)
	}
	if s.BlobLimit < 1024 || s.StatementLimit < 64<<10 {
		return s, hint(errors.New("the settings blob_limit and statement_limit are too small"), "at least 1024 and 65536 bytes")
	}
	if err := checkTSAs(&s, config); err != nil {
		return s, err
	}
	if err := checkWitnesses(&s); err != nil {
		return s, err
	}
	return s, checkChannels(&s)
}

// mergeWorkspace reads msp.yaml, which may not say what is executed or read on
// the machine of whoever works in it, nor whom it talks to.
func mergeWorkspace(v *viper.Viper, path string) error {
	own := viper.New()
	own.SetConfigType("yaml")
	if err := merge(own, path); err != nil {
		return err
	}
	for _, key := range []string{"files", "commands", "tsa", "witnesses", "channels", "deadman"} {
		if own.IsSet(key) {
			return hint(fmt.Errorf("%s: %q may not stand in a workspace", path, key), "put it into your own configuration, config.yaml")
		}
	}
	return v.MergeConfigMap(own.AllSettings())
}

func merge(v *viper.Viper, path string) error {
	data, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer data.Close()
	if err := v.MergeConfig(data); err != nil {
		return fmt.Errorf("can't read %s: %w", path, err)
	}
	return nil
}

// store is the evidence of the place's client.
func (a *app) store(p *place, client string) *evidence.Store {
	return evidence.OpenStore(a.Disk, filepath.Join(p.State, "clients", client))
}

// clients lists the clients that have evidence here.
func (p *place) clients() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(p.State, "clients"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && runbook.ValidID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}
