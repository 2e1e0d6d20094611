// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Explanation
public import Imaging

extension ExplanationMethod: ExpressibleByArgument {
  public init?(argument: String) {
    guard let method = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = method
  }

  public var defaultValueDescription: String { name }
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension ColorMap: ExpressibleByArgument {
  public init?(argument: String) {
    guard let map = Self.allCases.first(where: { "\($0)" == argument }) else { return nil }
    self = map
  }

  public static var allValueStrings: [String] { allCases.map { "\($0)" } }
}

extension Superpixels.Method: ExpressibleByArgument {}
extension ExplainedPicture.Reading: ExpressibleByArgument {}
