# What most pages take for granted: a server with records and a token for it, and images of one face and
# of a card.
mkdir -p verax-data
if [ -n "${MODELS:-}" ]; then ln -sfn "$MODELS" verax-data/models; fi
TOKEN=$(verax serve --demo | sed -n 's/^token: //p')
cp "$REPOSITORY/crates/server/assets/portrait-1080p.jpg" jo.jpg
cp "$REPOSITORY/crates/server/assets/card.jpg" card.jpg
djpeg jo.jpg | cjpeg -quality 90 >jo-today.jpg
djpeg jo.jpg | cjpeg -quality 80 >jo-new.jpg
djpeg jo.jpg | cjpeg -quality 70 >other.jpg
cwebp -quiet -q 95 jo.jpg -o portrait.webp
dwebp -quiet portrait.webp -o portrait.png
