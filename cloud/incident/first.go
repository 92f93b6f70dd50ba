package incident

import (
	"slices"
	"strings"
	"time"
)

// tie is how near two finders must be to count half and half.
const tie = 60 * time.Second

// findFirst says which finder counts: the earliest record that the centre received
// before the confirmation. After it only a duplicate can change the answer, for its
// records were there before; what else comes later is kept, and does not count.
//
// A camera's record beats a person's only if it was shown on a console by the time
// the person reported, give or take a tie: what nobody had looked at found nothing.
// It is retrospective then.
func (i *Incident) findFirst() {
	if i.ConfirmedAt != nil && len(i.Discoveries) > 0 && i.Discoveries[len(i.Discoveries)-1].Late {
		return // frozen
	}
	var people *time.Time
	found := slices.DeleteFunc(slices.Clone(i.Discoveries), func(d Discovery) bool {
		return d.Late || i.ConfirmedAt != nil && d.At.After(*i.ConfirmedAt)
	})
	for _, d := range found {
		if d.Source.person() && (people == nil || d.At.Before(*people)) {
			people = &d.At
		}
	}
	i.Retrospective = false
	counts := slices.DeleteFunc(slices.Clone(found), func(d Discovery) bool {
		unseen := d.Source == CameraAuto && people != nil && d.At.Before(people.Add(tie)) && (d.Shown == nil || d.Shown.After(people.Add(tie)))
		i.Retrospective = i.Retrospective || unseen
		return unseen
	})
	if len(counts) == 0 {
		return
	}
	earliest := slices.MinFunc(counts, func(a, b Discovery) int { return a.At.Compare(b.At) })
	i.FirstSeenAt = earliest.At
	i.FirstSource = firstWords(counts, earliest)
}

// firstWords is the finder of the earliest record, and in a tie the best of the
// other side: camera and person within a minute of each other.
func firstWords(counts []Discovery, earliest Discovery) string {
	words := []string{string(earliest.Source)}
	for _, d := range counts {
		if isCamera(d.Source) != isCamera(earliest.Source) && d.At.Sub(earliest.At) <= tie {
			words = append(words, string(d.Source))
			break
		}
	}
	if len(words) > 1 && isCamera(Source(words[1])) {
		slices.Reverse(words)
	}
	return strings.Join(words, "+")
}

func isCamera(s Source) bool { return s == CameraAuto || s == CameraOperator }
