// SPDX-License-Identifier: Apache-2.0

extension Degradation: CustomStringConvertible {
  /// Reads what `description` writes: `dull=0.4,blur=1.0,shrink=2,noise=0.05,jpeg=20`, any part
  /// left out, each at most once; or `none`. The order of the parts says nothing: the steps always
  /// come in the same order.
  public init(parsing text: String) throws(DatasetError) {
    self.init()
    if text == "none" { return }
    func fail(_ reason: String) -> DatasetError { .invalidDegradation(text: text, reason: reason) }
    var seen: Set<Substring> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2 else { throw fail("'\(part)': expected NAME=STRENGTH") }
      let (name, strength) = (sides[0], sides[1])
      guard seen.insert(name).inserted else { throw fail("\(name) is given twice") }
      if name == "jpeg" || name == "shrink" {
        guard let number = Int(strength) else {
          throw fail("\(name)=\(strength): expected a whole number")
        }
        if name == "jpeg" { jpegQuality = number } else { shrink = number }
        continue
      }
      guard let value = Float(strength) else {
        throw fail("\(name)=\(strength): expected a number")
      }
      switch name {
      case "dull": dullness = value
      case "blur": blur = value
      case "noise": noise = value
      default: throw fail("'\(name)': expected dull, blur, shrink, noise or jpeg")
      }
    }
    do throws(DatasetError) {
      try validate()
    } catch {
      guard case .invalidDegradation(_, let reason) = error else { throw error }
      throw fail(reason)
    }
  }

  /// The steps that do something, as `init(parsing:)` reads them.
  public var description: String {
    var parts: [String] = []
    if dullness != 0 { parts.append("dull=\(dullness)") }
    if blur != 0 { parts.append("blur=\(blur)") }
    if let shrink { parts.append("shrink=\(shrink)") }
    if noise != 0 { parts.append("noise=\(noise)") }
    if let jpegQuality { parts.append("jpeg=\(jpegQuality)") }
    return parts.isEmpty ? "none" : parts.joined(separator: ",")
  }
}
