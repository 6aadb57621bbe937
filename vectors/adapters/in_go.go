// A beginning of a verifier in Go, from the standard library alone.
//
//	go build -o in_go vectors/adapters/in_go.go && consentsig conformance --server ./in_go
//
// Checks: strict encoding, the envelope, which labels are known and which are required, the
// signature, who is believed, the work's SHA-256, grantee, use, place and time.
// Does not check: the contents of most fields, hostile keys and signatures (§4.2, tests 3 and
// 4), the work's other measures, and status lists: a revocable contract is status-unknown here,
// a refusal. README.md has the numbers.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

type refusal string // a result code, carried by panic to the end of the question
type dict map[any]any

const contractKey = int64(-1455000947)

// A reader of canonical CBOR within the data model of §2.1, and its limits.
type reader struct{ data []byte }

func check(holds bool, code refusal) {
	if !holds {
		panic(code)
	}
}

func (r *reader) take(n uint64) []byte {
	check(n <= uint64(len(r.data)), "malformed")
	taken := r.data[:n]
	r.data = r.data[n:]
	return taken
}

func (r *reader) head() (major byte, value uint64) {
	first := r.take(1)[0]
	major, value = first>>5, uint64(first&31)
	if value >= 24 {
		check(value < 28, "malformed")
		size := uint64(1) << (value - 24)
		least := map[uint64]uint64{1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[size]
		value = 0
		for _, one := range r.take(size) {
			value = value<<8 | uint64(one)
		}
		check(value >= least && major != 7, "malformed") // the shortest head only
	}
	return major, value
}

func (r *reader) item(depth int) any {
	major, value := r.head()
	check(major < 4 || depth < 8, "malformed")
	check(major > 1 || value < 1<<53-uint64(major), "malformed")
	switch major {
	case 0:
		return int64(value)
	case 1:
		return -1 - int64(value)
	case 2:
		return r.take(value)
	case 3:
		text := r.take(value)
		check(utf8.Valid(text), "malformed")
		return string(text)
	case 4:
		list := []any{}
		for ; value > 0; value-- {
			list = append(list, r.item(depth+1))
		}
		return list
	case 5:
		return r.dict(value, depth)
	}
	check(major == 7 && value == 21, "malformed")
	return true
}

func (r *reader) dict(n uint64, depth int) dict {
	found, last := dict{}, []byte(nil)
	for ; n > 0; n-- {
		before := r.data
		check(len(before) > 0 && before[0]>>5 != 2 && before[0]>>5 < 4, "malformed")
		key := r.item(depth + 1)
		encoded := before[:len(before)-len(r.data)]
		check(last == nil || bytes.Compare(last, encoded) < 0, "malformed") // ascending, none twice
		last = encoded
		found[key] = r.item(depth + 1)
	}
	return found
}

func whole(data []byte) any {
	r := &reader{data}
	found := r.item(0)
	check(len(r.data) == 0, "malformed")
	return found
}

// A value of the type it must have.
func as[T any](value any) T {
	typed, ok := value.(T)
	check(ok, "malformed")
	return typed
}

// Required keys first, then optional ones. Something missing outweighs something unknown.
func keys(m dict, required, optional []int64) {
	for _, key := range required {
		check(m[key] != nil, "malformed")
	}
	known := map[any]bool{}
	for _, key := range append(required, optional...) {
		known[key] = true
	}
	for key := range m {
		check(known[key], "unsupported")
	}
}

type question struct {
	Name           string
	Contract       digits
	Keys           []any
	Work           *struct{ Sha256 string }
	Grantee        *struct{ Uri, Key string }
	Use, Territory *string
	At             time.Time
}

// Hexadecimal digits: in the JSON a string, or a recipe of parts.
type digits string

func (d *digits) UnmarshalJSON(data []byte) error {
	var plain string
	if json.Unmarshal(data, &plain) == nil {
		*d = digits(plain)
		return nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	for _, part := range parts {
		text, times := "", 1
		if json.Unmarshal(part, &text) != nil { // it is [text, times]
			if err := json.Unmarshal(part, &[]any{&text, &times}); err != nil {
				return err
			}
		}
		*d += digits(strings.Repeat(text, times))
	}
	return nil
}

// encoded is the length of a byte string with its head.
func encoded(data []byte) int {
	for _, head := range []struct{ size, below int }{{1, 24}, {2, 1 << 8}, {3, 1 << 16}} {
		if len(data) < head.below {
			return head.size + len(data)
		}
	}
	return 5 + len(data)
}

func judge(q question) {
	data, _ := hex.DecodeString(string(q.Contract))
	tagged := bytes.HasPrefix(data, []byte{0xd2})
	if bytes.HasPrefix(data, []byte{0xd8, 98}) {
		as[[]any](whole(data[2:]))
		panic(refusal("unsupported"))
	}
	check(tagged && len(data) <= 1<<20, "malformed")
	parts := as[[]any](whole(data[1:]))
	check(len(parts) == 4, "malformed")
	protected, unprotected := as[[]byte](parts[0]), as[dict](parts[1])
	payload, signature := as[[]byte](parts[2]), as[[]byte](parts[3])
	check(len(protected) <= 1<<16 && len(payload) <= 1<<14, "malformed")
	// Every head is the shortest, so what the byte strings leave of the file is the other header.
	check(len(data)-2-encoded(protected)-encoded(payload)-encoded(signature) <= 1<<16, "malformed")
	header, claims := as[dict](whole(protected)), as[dict](whole(payload))
	check(header[int64(16)] == "application/vnd.consentsig+cwt", "malformed")
	contract := as[dict](claims[contractKey])
	check(as[int64](contract[int64(0)]) >= 0, "malformed")
	check(contract[int64(0)] == int64(1), "unsupported")
	keys(header, []int64{1, 4, 16}, nil)
	keys(unprotected, nil, []int64{33, 270, 394})
	keys(claims, []int64{4, 6, contractKey}, []int64{5, 7, 65535})
	keys(contract, []int64{0, 1, 2, 3, 4, 5, 6, 7, 9}, []int64{8, 10, 11, 12, 13, 14, 15})
	alg := as[int64](header[int64(1)])
	check(alg == -8 || alg == -19, "unsupported")
	creators := as[[]any](contract[int64(1)])
	check(len(creators) == 1, "malformed")
	x := as[[]byte](as[dict](as[dict](creators[0])[int64(0)])[int64(-2)])
	check(len(x) == ed25519.PublicKeySize, "malformed")
	digest := as[[]any](as[dict](contract[int64(2)])[int64(0)])
	check(len(digest) == 2, "malformed")
	work := hex.EncodeToString(as[[]byte](digest[1]))

	check(ed25519.Verify(x, signed(protected, payload), signature), "bad-signature")
	check(believes(q.Keys, x, work), "unknown-creator")
	terms(q, contract, work)
	start := as[int64](claims[int64(6)])
	if nbf, ok := claims[int64(5)]; ok {
		start = as[int64](nbf)
	}
	check(q.At.Unix() >= start, "not-yet-valid")
	check(q.At.Unix() < as[int64](claims[int64(4)]), "expired")
	mode := as[[]any](contract[int64(6)])
	check(len(mode) == 2, "malformed")
	check(mode[0] == int64(0), "status-unknown") // no status lists here
	asked := q.Work != nil && q.Grantee != nil && q.Use != nil && q.Territory != nil
	check(asked, "authentic")
}

// Work, grantee, use and place.
func terms(q question, contract dict, work string) {
	check(q.Work == nil || work == q.Work.Sha256, "wrong-work")
	if q.Grantee != nil {
		grantee := as[dict](contract[int64(3)])
		key, _ := grantee[int64(2)].([]byte)
		fits := q.Grantee.Uri != "" && grantee[int64(1)] == q.Grantee.Uri
		fits = fits || len(key) == 32 && hex.EncodeToString(key) == q.Grantee.Key
		check(fits, "wrong-grantee")
	}
	if q.Use != nil {
		names := "pretrain finetune train-nongen evaluate ground index imitate distill synthesize redistribute"
		granted := false
		for bit, name := range strings.Fields(names) {
			granted = granted || name == *q.Use && as[int64](contract[int64(4)])>>bit&1 == 1
		}
		check(granted, "use-not-granted")
	}
	if q.Territory != nil {
		covered := false
		for _, place := range as[[]any](contract[int64(9)]) {
			covered = covered || place == "001" || place == *q.Territory
		}
		check(covered, "wrong-territory")
	}
}

// The Sig_structure of §4.1.
func signed(protected, payload []byte) []byte {
	structure := []byte("\x84\x6aSignature1")
	for _, part := range [][]byte{protected, {}, payload} {
		switch n := len(part); {
		case n < 24:
			structure = append(structure, 0x40|byte(n))
		case n < 256:
			structure = append(structure, 0x58, byte(n))
		case n < 65536:
			structure = append(structure, 0x59, byte(n>>8), byte(n))
		default: // no part is longer than 65 536
			structure = append(structure, 0x5a, 0, byte(n>>16), byte(n>>8), byte(n))
		}
		structure = append(structure, part...)
	}
	return structure
}

// Whether x is among the keys of the question: for this work, if it is there with named works, and otherwise for every one.
func believes(keys []any, x []byte, work string) bool {
	every, limited, this := false, false, false
	for _, given := range keys {
		if name, ok := given.(string); ok {
			every = every || names(name, x)
			continue
		}
		named := given.(map[string]any)
		if !names(named["key"].(string), x) {
			continue
		}
		limited = true
		for _, one := range named["works"].([]any) {
			this = this || one == work
		}
	}
	if limited {
		return this
	}
	return every
}

// Whether name is the thumbprint of x or its did:key:z6Mk….
func names(name string, x []byte) bool {
	const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	did := strings.TrimPrefix(name, "did:key:z")
	if did == name {
		thumbprint := sha256.Sum256(append([]byte("\xa3\x01\x01\x20\x06\x21\x58\x20"), x...))
		return name == hex.EncodeToString(thumbprint[:])
	}
	number := new(big.Int)
	for _, char := range did {
		number.Mul(number, big.NewInt(58)).Add(number, big.NewInt(int64(strings.IndexRune(base58, char))))
	}
	return bytes.Equal(number.FillBytes(make([]byte, 34))[2:], x)
}

func answer(line []byte) (code refusal) {
	defer func() {
		if thrown := recover(); thrown != nil {
			code = thrown.(refusal) // anything else is a crash, and is to be seen as one
		}
	}()
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		panic(err)
	}
	judge(q)
	return "valid"
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		fmt.Println(answer(line))
	}
}
