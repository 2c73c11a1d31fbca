"""Makes the pictures of this folder that the portal's own library cannot write. Needs Pillow; run once, the files are kept."""
from PIL import Image, ImageDraw

GPS = {1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0)}


def drawn(mode, size=(40, 20)):
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2, size[1] // 2), fill=(200, 30, 30))
    return picture.convert(mode)


exif = Image.Exif()
exif[0x0112] = 6  # lies on its side: to be turned by 90 degrees
exif[0x010F] = "Camera-of-Jane"
exif[0x8825] = GPS
drawn("RGB").save("turned-with-place.jpg", quality=90, exif=exif)
drawn("RGB").save("turned-with-place.webp", quality=90, exif=exif)
drawn("RGB").save("turned-with-place.png", exif=exif)
drawn("CMYK").save("cmyk.jpg", quality=90)
drawn("L").save("grey.jpg", quality=90)
drawn("RGB").save("progressive.jpg", quality=90, progressive=True)
drawn("RGB").save("lossy.webp", quality=90)
drawn("P").save("palette.png", transparency=0)
drawn("1").save("one-bit.png")
wide = bytes(byte for byte in drawn("L").tobytes() for _ in range(2))
Image.frombytes("I;16", (40, 20), wide).save("sixteen-bit.png")
frames = [drawn("RGB"), drawn("RGB").rotate(180)]
frames[0].save("animated.png", save_all=True, append_images=frames[1:], duration=100)
frames[0].save("animated.webp", save_all=True, append_images=frames[1:], duration=100)
frames[0].save("animated.gif", save_all=True, append_images=frames[1:], duration=100)
drawn("RGB").save("bitmap.bmp")
drawn("RGB").save("picture.tiff")
