// SPDX-License-Identifier: Apache-2.0
import CPlatform

extension FileError: CustomStringConvertible {
  /// Such as "cannot be opened: No such file or directory"; follows the file's name.
  public var description: String {
    var text = [CChar](repeating: 0, count: 128)
    ocelli_error_text(code, &text, text.count)
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return "\(summary): \(String(decoding: bytes, as: UTF8.self))"
  }
}
