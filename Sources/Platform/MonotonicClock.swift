// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// A clock that never goes back.
public enum MonotonicClock {
  public static var seconds: Double { Double(ocelli_clock_nanoseconds()) * 1e-9 }
}
