package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"eastgate/cloud/api"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k, now := api.Key{Account: "li", Operation: "report", Key: "1"}, time.Now()
		claim := func(print string, at time.Time) (*api.Answer, error) {
			return s.ClaimKey(t.Context(), k, print, at, at.Add(-time.Minute))
		}
		won, underway := make(chan bool, 8), make(chan bool, 8)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := claim("a", now)
				won <- err == nil
				underway <- errors.Is(err, api.ErrUnderway)
			})
		}
		wg.Wait()
		winners, waiting := 0, 0
		for range 8 {
			if <-won {
				winners++
			}
			if <-underway {
				waiting++
			}
		}
		if winners != 1 || waiting != 7 {
			t.Fatalf("of 8 at once %d won and %d wait", winners, waiting)
		}
		if _, err := claim("b", now); !errors.Is(err, api.ErrOther) {
			t.Errorf("another request with the key: %v", err)
		}
		if a, err := claim("a", now.Add(2*time.Minute)); a != nil || err != nil {
			t.Errorf("a lost request is not done again: %v %v", a, err)
		}
		want := api.Answer{Status: 201, Location: "/x", Version: 1, Body: []byte(`{"id":"x"}`)}
		if err := s.KeepAnswer(t.Context(), k, want); err != nil {
			t.Fatal(err)
		}
		a, err := claim("a", now.Add(time.Hour))
		if err != nil || a == nil || a.Status != 201 || string(a.Body) != string(want.Body) || a.Location != "/x" || a.Version != 1 {
			t.Errorf("the second time: %+v %v", a, err)
		}
		if err := s.ReleaseKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		if a, err := claim("a", now); a == nil || err != nil {
			t.Errorf("what was answered is released: %v %v", a, err)
		}
		if err := s.ForgetKeys(t.Context(), now.Add(3*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if a, err := claim("b", now); a != nil || err != nil {
			t.Errorf("after it was forgotten: %v %v", a, err)
		}
		if err := s.ReleaseKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		if a, err := claim("c", now); a != nil || err != nil {
			t.Errorf("after its release: %v %v", a, err)
		}
	})
}

func TestASecretIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var made [4]string
		var wg sync.WaitGroup
		for n := range made {
			wg.Go(func() {
				key, err := s.Secret(t.Context(), "places")
				if err != nil || len(key) != 32 {
					t.Error(len(key), err)
				}
				made[n] = string(key)
			})
		}
		wg.Wait()
		other, err := s.Secret(t.Context(), "other")
		if err != nil || made[0] != made[1] || made[0] != made[3] || made[0] == string(other) {
			t.Error("one name has several secrets, or two have one", err)
		}
	})
}
