// SPDX-License-Identifier: Apache-2.0
import Imaging
import Testing

@Suite struct ImageDecodeTests {
  @Test func `the manifest has all its lines`() {
    #expect(Fixture.expectations("decode").count == 78)
    #expect(Fixture.expectations("resize").count == 40)
    #expect(Fixture.expectations("greyresize").count == 40)
    #expect(Fixture.expectations("jump").count == 12)
  }

  @Test(arguments: Fixture.expectations("decode"))
  func `decodes every kind of file to Pillow's bytes`(_ expected: Fixture.Expectation) throws {
    let image = try Fixture.image(expected.subject)
    #expect(image.width == expected.width)
    #expect(image.height == expected.height)
    #expect(hash(image.pixels) == expected.hash)
  }
}
