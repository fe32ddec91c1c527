package spill

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"time"
)

const (
	// A zero byte in a string is written as zero and escaped, and zero and
	// ended ends the string: it is less than whatever a longer one goes on with.
	escaped = 0xff
	ended   = 0x01

	sign     = 1 << 63 // flipped, negative numbers come before the others
	timeSize = 8 + 4 + 4
)

var (
	errShort  = errors.New("the row ends too early")
	errString = errors.New("the row has no string there")
	errTime   = errors.New("the row has no time there")
)

// AppendString adds a string to a row. Rows that are the same before it are in
// the order of their strings, whatever follows; it may hold any bytes.
func AppendString(row []byte, s string) []byte {
	for {
		before, after, found := strings.Cut(s, "\x00")
		row = append(row, before...)
		if !found {
			return append(row, 0, ended)
		}
		row = append(row, 0, escaped)
		s = after
	}
}

// AppendInt adds a number to a row. Rows that are the same before it are in the
// order of their numbers.
func AppendInt(row []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(row, uint64(n)^sign) //nolint:gosec // the bits are meant
}

// AppendTime adds a time to a row. Rows that are the same before it are in the
// order of the instants, and then of their zones from west to east.
func AppendTime(row []byte, t time.Time) []byte {
	_, offset := t.Zone()
	return binary.BigEndian.AppendUint32(AppendInstant(row, t), uint32(offset)^(sign>>32)) //nolint:gosec // the bits are meant
}

// AppendInstant adds what AppendTime does for a time of any zone: no row with that
// instant or a later one is less.
func AppendInstant(row []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint32(AppendInt(row, t.Unix()), uint32(t.Nanosecond())) //nolint:gosec // less than a second
}

// AppendFloat adds a number to a row with all its bits. Their order isn't that
// of the numbers.
func AppendFloat(row []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(row, math.Float64bits(f))
}

// A Reader takes from a row what was added to it, in the same order. After the
// first mistake all that it gives is zero.
type Reader struct {
	rest []byte
	err  error
}

// Read begins to read a row.
func Read(row []byte) *Reader {
	return &Reader{rest: row}
}

// Err says what was wrong with the row, as far as it was read.
func (r *Reader) Err() error {
	return r.err
}

// String takes a string.
func (r *Reader) String() string {
	return string(r.Bytes())
}

// Bytes takes a string as bytes. They are those of the row itself, unless the
// string holds zero bytes: don't change them, nor keep them for longer than the row.
func (r *Reader) Bytes() []byte {
	var whole []byte // what came before the last zero byte in the string
	for {
		zero := bytes.IndexByte(r.rest, 0)
		if zero < 0 || zero+1 == len(r.rest) {
			r.fail(errShort)
			return nil
		}
		part, mark := r.rest[:zero:zero], r.rest[zero+1]
		r.rest = r.rest[zero+2:]
		switch {
		case mark == escaped:
			whole = append(append(whole, part...), 0)
		case mark != ended:
			r.fail(errString)
			return nil
		case whole == nil:
			return part
		default:
			return append(whole, part...)
		}
	}
}

// Int takes a whole number.
func (r *Reader) Int() int64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b) ^ sign) //nolint:gosec // the bits are meant
}

// Time takes a time. It is in a zone without a name that has the same offset,
// or in UTC.
func (r *Reader) Time() time.Time {
	b := r.take(timeSize)
	if b == nil {
		return time.Time{}
	}
	seconds := int64(binary.BigEndian.Uint64(b) ^ sign) //nolint:gosec // the bits are meant
	nanoseconds := binary.BigEndian.Uint32(b[8:])
	offset := int32(binary.BigEndian.Uint32(b[12:]) ^ (sign >> 32)) //nolint:gosec // the bits are meant
	if nanoseconds >= uint32(time.Second) {
		r.fail(errTime)
		return time.Time{}
	}
	t := time.Unix(seconds, int64(nanoseconds))
	if offset == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", int(offset)))
}

// Float takes what AppendFloat added.
func (r *Reader) Float() float64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}

// take gives the next n bytes, or nil if there are fewer.
func (r *Reader) take(n int) []byte {
	if len(r.rest) < n {
		r.fail(errShort)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// fail notes the first mistake. Nothing can be read after it.
func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.rest = nil
}
