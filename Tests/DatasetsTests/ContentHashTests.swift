// SPDX-License-Identifier: Apache-2.0
import Datasets
import Testing

@Suite struct ContentHashTests {
  // Published vectors of MurmurHash3 x64-128, seed 0.
  @Test(arguments: [
    ("", "00000000000000000000000000000000"),
    ("The quick brown fox jumps over the lazy dog", "7a433ca9c49a9347e34bbc7bbc071b6c"),
  ])
  func `is MurmurHash3 x64-128`(text: String, digits: String) {
    #expect(ContentHash(of: Array(text.utf8)).description == digits)
  }

  @Test func `depends on every byte at every length`() {
    for length in 1...40 {
      let bytes = [UInt8](repeating: 7, count: length)
      for index in 0..<length {
        var other = bytes
        other[index] ^= 1
        #expect(ContentHash(of: other) != ContentHash(of: bytes))
      }
      #expect(ContentHash(of: bytes) != ContentHash(of: bytes + [7]))
    }
  }
}
