// Tells the thread sanitizer what Debian's Abseil, which is built without it, does with a mutex or a
// notification; otherwise every access that one of them orders would be called a race. Linked into the tests
// of the tsan preset, with --wrap for the functions below (see CMakeLists.txt): a call from our code comes
// here first.
//
// A waiter's condition is evaluated by whichever thread is about to give up the lock, inside Abseil; the lock
// is held then, but was already announced as given up, so what a condition reads is left out of the watch.
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

#define REDVEST_REAL(name) __real__ZN4absl7debian35Mutex##name
#define REDVEST_WRAP(name) __wrap__ZN4absl7debian35Mutex##name
#define REDVEST_REAL_NOTIFY __real__ZN4absl7debian312Notification6NotifyEv
#define REDVEST_WRAP_NOTIFY __wrap__ZN4absl7debian312Notification6NotifyEv
#define REDVEST_REAL_WAIT __real__ZNK4absl7debian312Notification19WaitForNotificationEv
#define REDVEST_WRAP_WAIT __wrap__ZNK4absl7debian312Notification19WaitForNotificationEv

extern "C" {

// The sanitizer's interface, as <sanitizer/tsan_interface.h> and its dynamic annotations give it.
void __tsan_mutex_pre_lock(void* mutex, unsigned flags);
void __tsan_mutex_post_lock(void* mutex, unsigned flags, int recursion);
int __tsan_mutex_pre_unlock(void* mutex, unsigned flags);
void __tsan_mutex_post_unlock(void* mutex, unsigned flags);
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);

void REDVEST_REAL(4LockEv)(absl::Mutex*);
void REDVEST_REAL(6UnlockEv)(absl::Mutex*);
void REDVEST_REAL(10ReaderLockEv)(absl::Mutex*);
void REDVEST_REAL(12ReaderUnlockEv)(absl::Mutex*);
void REDVEST_REAL(5AwaitERKNS0_9ConditionE)(absl::Mutex*, const absl::Condition&);
bool REDVEST_REAL(16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE)(absl::Mutex*, const absl::Condition&,
                                                                      absl::Duration);
bool REDVEST_REAL(17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE)(absl::Mutex*, const absl::Condition&,
                                                                   absl::Time);
void REDVEST_REAL_NOTIFY(absl::Notification*);
void REDVEST_REAL_WAIT(const absl::Notification*);

}  // extern "C"

namespace {

constexpr unsigned kWrite = 0;
constexpr unsigned kRead = 1 << 3;  // __tsan_mutex_read_lock

template <typename Take>
void Acquire(absl::Mutex* mutex, unsigned how, Take take) {
  __tsan_mutex_pre_lock(mutex, how);
  take();
  __tsan_mutex_post_lock(mutex, how, 0);
}

template <typename Give>
void Release(absl::Mutex* mutex, unsigned how, Give give) {
  __tsan_mutex_pre_unlock(mutex, how);
  __tsan_mutex_post_unlock(mutex, how);
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  give();
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

}  // namespace

extern "C" {

void REDVEST_WRAP(4LockEv)(absl::Mutex* mutex) {
  Acquire(mutex, kWrite, [mutex] { REDVEST_REAL(4LockEv)(mutex); });
}
void REDVEST_WRAP(6UnlockEv)(absl::Mutex* mutex) {
  Release(mutex, kWrite, [mutex] { REDVEST_REAL(6UnlockEv)(mutex); });
}
void REDVEST_WRAP(10ReaderLockEv)(absl::Mutex* mutex) {
  Acquire(mutex, kRead, [mutex] { REDVEST_REAL(10ReaderLockEv)(mutex); });
}
void REDVEST_WRAP(12ReaderUnlockEv)(absl::Mutex* mutex) {
  Release(mutex, kRead, [mutex] { REDVEST_REAL(12ReaderUnlockEv)(mutex); });
}
void REDVEST_WRAP(5AwaitERKNS0_9ConditionE)(absl::Mutex* mutex, const absl::Condition& condition) {
  Release(mutex, kWrite, [&] { REDVEST_REAL(5AwaitERKNS0_9ConditionE)(mutex, condition); });
  Acquire(mutex, kWrite, [] {});
}
bool REDVEST_WRAP(16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE)(absl::Mutex* mutex,
                                                                      const absl::Condition& condition,
                                                                      absl::Duration timeout) {
  bool met = false;
  Release(mutex, kWrite, [&] {
    met = REDVEST_REAL(16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE)(mutex, condition, timeout);
  });
  Acquire(mutex, kWrite, [] {});
  return met;
}
bool REDVEST_WRAP(17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE)(absl::Mutex* mutex,
                                                                   const absl::Condition& condition,
                                                                   absl::Time deadline) {
  bool met = false;
  Release(mutex, kWrite, [&] {
    met = REDVEST_REAL(17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE)(mutex, condition, deadline);
  });
  Acquire(mutex, kWrite, [] {});
  return met;
}

void REDVEST_WRAP_NOTIFY(absl::Notification* notification) {
  __tsan_release(notification);
  REDVEST_REAL_NOTIFY(notification);
}
void REDVEST_WRAP_WAIT(const absl::Notification* notification) {
  REDVEST_REAL_WAIT(notification);
  __tsan_acquire(const_cast<absl::Notification*>(notification));
}

}  // extern "C"
