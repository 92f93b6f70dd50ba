package archcheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// personal are words that code which recognises or follows people, or reads plates,
// cannot do without: as parts of names, and anywhere in what is imported.
var (
	personal = regexp.MustCompile(`^(faces?|facial|plates?|lpr|alpr|anpr|gait|biometrics?|reid|imsi|imei|ssid|bssid|loiter\w*|trajector\w*|embeddings?|landmarks?|cascade|hog|tracker)$`)
	imported = regexp.MustCompile(`(?i)\bface|face-?(net|recog|detect|id)|arcface|plate.?recog|alpr|deep.?sort|byte.?track|\bdlib|go-dlib|tesseract|gosseract|gocv/contrib|biometr`)
)

// reviewed are names that hold such a word and were looked at: each is of a thing, or of
// what is refused.
var reviewed = map[string][]string{
	"cloud/deliver":    {"Face", "face", "Face7x13"}, // of letters
	"edge/sensor/push": {"IMEI"},                     // of a detector's modem, as its operator's cloud names it
}

// TestNobodyIsRecognisedOrFollowed reads every name and import of our programs. A new
// one must be looked at by a person, who adds it above or takes it out.
func TestNobodyIsRecognisedOrFollowed(t *testing.T) {
	seen := map[string]map[string]bool{}
	names := 0
	for _, p := range packages(t) {
		dir := strings.TrimPrefix(p.ImportPath, "eastgate/")
		for _, i := range p.Imports {
			if imported.MatchString(i) {
				t.Errorf("%s imports %s", dir, i)
			}
		}
		for _, file := range append(slices.Clone(p.GoFiles), p.CgoFiles...) {
			for _, name := range namesOf(t, filepath.Join(p.Dir, file)) {
				names++
				if !isPersonal(name) {
					continue
				}
				if !slices.Contains(reviewed[dir], name) {
					t.Errorf("%s/%s: what is %s?", dir, file, name)
				}
				if seen[dir] == nil {
					seen[dir] = map[string]bool{}
				}
				seen[dir][name] = true
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(reviewed)) {
		for _, name := range reviewed[dir] {
			if !seen[dir][name] {
				t.Errorf("%s has no %s any more: take it off the list", dir, name)
			}
		}
	}
	if names < 10_000 {
		t.Errorf("only %d names were read", names)
	}
}

// TestSuchNamesAreFound: the words are found however a name is put together.
func TestSuchNamesAreFound(t *testing.T) {
	for name, want := range map[string]bool{
		"FaceDetector": true, "newFaceRecognizerSF": true, "readPlate": true, "license_plate": true, "NewCascadeClassifier": true, "ReID": true, "IMEI": true, "wifiSSID": true, "personTracker": true, "HOGDescriptor": true,
		"surface": false, "interfaces": false, "template": false, "Person": false, "tracks": false, "plateau": false, "hogs": false,
	} {
		if got := isPersonal(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func isPersonal(name string) bool { return slices.ContainsFunc(wordsOf(name), personal.MatchString) }

// namesOf are the names in a file: of packages, types, fields, functions and variables.
func namesOf(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			out = append(out, id.Name)
		}
		return true
	})
	return out
}

// wordsOf splits a name at underscores, digits and capitals, in small letters; ReID and
// the like also stand as a whole.
func wordsOf(name string) []string {
	out := []string{strings.ToLower(name)}
	letters := []rune(name)
	begin := 0
	for i := 1; i <= len(letters); i++ {
		ends := i == len(letters) || !unicode.IsLetter(letters[i]) ||
			unicode.IsUpper(letters[i]) && (unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if ends {
			out = append(out, strings.Trim(strings.ToLower(string(letters[begin:i])), "_0123456789"))
			begin = i
		}
	}
	return out
}
